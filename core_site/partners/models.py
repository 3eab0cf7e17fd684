"""The tables of partners and API keys.

Only the services in ``shared_domain.partners`` write keys; rules that must hold whatever code
writes are constraints here. Triggers write the history, for both halves alike.
"""

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone

from core_site.checked_texts import EmailAddressField, LineField
from core_site.history import every_change
from shared_domain.partners import Access, PartnerId, PartnerKind
from shared_domain.rollout.wire import API_KEY_CHANNEL

DEFAULT_HOLD_MINUTES = 240
LONGEST_HOLD_MINUTES = 10_080
DEFAULT_HELD_PERCENT = 80
HIGHEST_RATE_LIMIT = 10_000

# Edge processes listen here and forget what they remember of a key: see api_edge/auth/key_cache.py.
# A partner needs no trigger on DELETE: it cannot go before its keys, and they notify themselves.
NOTIFY_ABOUT_KEY = f"PERFORM pg_notify('{API_KEY_CHANNEL}', OLD.id::text); RETURN NULL;"
KEEP_KIND = """
    RAISE EXCEPTION 'a partner keeps its kind'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'partner_keeps_its_kind';
"""
REFUSE_KEY_OF_DIRECT = f"""
    IF EXISTS (SELECT FROM partners_partner
                WHERE id = NEW.partner_id AND kind = '{PartnerKind.DIRECT}') THEN
        RAISE EXCEPTION 'a direct partner has no API keys'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'apikey_of_a_reseller';
    END IF;
    RETURN NEW;
"""
NOTIFY_ABOUT_ALL_KEYS = f"PERFORM pg_notify('{API_KEY_CHANNEL}', '*'); RETURN NULL;"


@pghistory.track(*every_change(), append_only=True)
class Partner(models.Model):
    """A reseller whose program calls the API, or the supplier's own sales at its booking desk."""

    code = models.SlugField(
        max_length=64, unique=True, help_text="Short and permanent, such as 'alpine-tickets'."
    )
    name = LineField(max_length=200)
    kind = models.CharField(
        max_length=8,
        choices=[
            (PartnerKind.RESELLER.value, "Reseller: sells by its own program"),
            (PartnerKind.DIRECT.value, "Direct: our own sales at the booking desk"),
        ],
        default=PartnerKind.RESELLER.value,
        db_default=PartnerKind.RESELLER.value,
        help_text="For good. A direct partner sells every product at the retail price, without "
        "commission, and has no API keys.",
    )
    email = EmailAddressField(
        help_text="Whom to write to about the API, or about what the desk has sold."
    )
    is_active = models.BooleanField(
        default=True, help_text="Without it, none of the partner's keys work."
    )
    max_hold_minutes = models.PositiveIntegerField(
        default=DEFAULT_HOLD_MINUTES,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_HOLD_MINUTES)],
        help_text="How long this partner may hold places, in minutes, all extensions included. A "
        "hold also ends with its departure's booking cut-off.",
    )
    max_held_percent = models.PositiveSmallIntegerField(
        "most held at once, in per cent",
        default=DEFAULT_HELD_PERCENT,
        db_default=DEFAULT_HELD_PERCENT,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="How much of a departure's capacity this partner's running holds may take "
        "together, from 1 to 100. Its first hold may always take more; confirmed bookings do not "
        "count.",
    )
    test_mail_addresses = ArrayField(
        models.TextField(),
        default=list,
        db_default=[],
        blank=True,
        verbose_name="addresses for mails of tests",
        help_text="A mail about a test booking is kept under Messages, unless its guest has one of "
        "these addresses; then it is sent.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="partner_max_hold_minutes_1_to_10080",
                condition=Q(max_hold_minutes__gte=1, max_hold_minutes__lte=LONGEST_HOLD_MINUTES),
                violation_error_message="A hold lasts from 1 minute to 7 days (10080 minutes).",
            ),
            models.CheckConstraint(
                name="partner_max_held_percent_1_to_100",
                condition=Q(max_held_percent__gte=1, max_held_percent__lte=100),
                violation_error_message="The share held at once is from 1 to 100 per cent.",
            ),
            models.CheckConstraint(name="partner_code_not_empty", condition=~Q(code="")),
            models.CheckConstraint(
                name="partner_kind_is_known",
                condition=Q(kind__in=[kind.value for kind in PartnerKind]),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="notify_edge",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("is_active"),
                func=NOTIFY_ABOUT_ALL_KEYS,
            ),
            pgtrigger.Trigger(
                name="keep_kind",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("kind"),
                func=KEEP_KIND,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def live_access(self) -> Access:
        """Access to the partner's live data, as services require it, for calls by staff."""
        return self.access_in(test_mode=False)

    def access_in(self, *, test_mode: bool) -> Access:
        """Return access to the partner's test or live data, as services require it."""
        return Access(partner_id=PartnerId(self.pk), test_mode=test_mode)


# The digest stays out of the history: readers of the history have no use for it.
@pghistory.track(*every_change(), exclude=["digest"], append_only=True)
class ApiKey(models.Model):
    """A credential of a partner's program. The secret itself is never stored, only its digest."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="api_keys")
    label = models.CharField(max_length=100, help_text="What the key is for.")
    prefix = models.TextField(help_text="The beginning of the key, to recognise it by.")
    digest = models.BinaryField(unique=True, help_text="SHA-256 of the key.")
    is_test = models.BooleanField(help_text="Test keys make and see test bookings only.")
    scopes = ArrayField(models.TextField(), help_text="What the key may do.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces"
    )
    rate_limit_per_second = models.PositiveIntegerField(
        "calls in a second",
        null=True,
        blank=True,
        help_text="How many calls the key may make in a second, in the long run. Empty: as many "
        "as this server allows every key.",
    )

    class Meta:
        verbose_name = "API key"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="apikey_digest_is_sha256", condition=Exact(Length("digest"), 32)
            ),
            models.CheckConstraint(
                name="apikey_scopes_known",
                condition=Q(
                    scopes__contained_by=[
                        "catalog:read",
                        "bookings:read",
                        "bookings:write",
                        "users:read",
                        "users:write",
                        "webhooks:read",
                        "webhooks:write",
                    ]
                ),
            ),
            models.CheckConstraint(name="apikey_scopes_not_empty", condition=Q(scopes__len__gt=0)),
            models.CheckConstraint(
                name="apikey_rate_limit_1_to_10000",
                condition=Q(rate_limit_per_second=None)
                | Q(rate_limit_per_second__gte=1, rate_limit_per_second__lte=HIGHEST_RATE_LIMIT),
            ),
            models.CheckConstraint(
                name="apikey_prefix_tells_mode",
                condition=Q(is_test=True, prefix__startswith="pk_test_")
                | Q(is_test=False, prefix__startswith="pk_live_"),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="notify_edge",
                when=pgtrigger.After,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=NOTIFY_ABOUT_KEY,
            ),
            pgtrigger.Trigger(
                name="not_of_direct_partner",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=REFUSE_KEY_OF_DIRECT,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix}…)"
