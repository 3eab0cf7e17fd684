"""Tables of the payments of guests; no rules, only constraints.

Only ``shared_domain.payments`` writes them. The table of entries is append-only for every database
role, by the same triggers as the history (``core_site.history.append_only``). Only a note can be
erased, which is recorded, together with a guest's other personal data.
"""

from enum import StrEnum

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest

from core_site.personal_data import personal_fields
from shared_domain.payments import LONGEST_REFERENCE, EntryKind, Method


def _choices(enumeration: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.value.replace("_", " ").capitalize()) for member in enumeration]


@pghistory.track(pghistory.InsertEvent(), exclude=personal_fields("payments.entry"))
class Entry(models.Model):
    """One line of a booking's ledger: money received or refunded, or a debt written off.

    A reversal has the kind and amount of the entry that it reverses, which is in ``reverses``.
    """

    booking = models.ForeignKey("bookings.Booking", models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=16, choices=_choices(EntryKind))
    amount_minor = models.BigIntegerField("amount")
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=16, choices=_choices(Method), null=True, blank=True)
    reference = models.CharField(
        max_length=LONGEST_REFERENCE, blank=True, help_text="Of the receipt or the bank statement."
    )
    note = models.TextField(blank=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, related_name="reversal", null=True, blank=True
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = "payment"
        default_permissions = ("add", "view")
        permissions = [
            ("refund_entry", "Can record refunds and write-offs, and reverse payments"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="entry_amount_is_above_zero"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in EntryKind]),
                name="entry_kind_is_known",
            ),
            models.CheckConstraint(
                # Each field is asked whether it is there: a comparison with NULL refuses nothing.
                condition=Q(kind="WRITTEN_OFF", method=None)
                | ~Q(kind="WRITTEN_OFF")
                & Q(method__isnull=False, method__in=[method.value for method in Method]),
                name="entry_method_is_of_money",
            ),
            models.CheckConstraint(
                condition=Q(reverses=None) | ~Q(reverses=F("id")),
                name="entry_reverses_another",
            ),
        ]
        indexes = [
            models.Index(fields=["booking", "id"], name="entry_of_booking"),
            models.Index(fields=["recorded_at"], name="entry_by_time"),
            models.Index(fields=["kind", "-id"], name="entry_by_kind"),
            models.Index(fields=["method", "-id"], name="entry_by_method"),
            models.Index(
                OpClass(F("reference"), name="text_pattern_ops"), name="entry_by_reference"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


_CHARGED = Case(
    When(
        Q(is_direct=True, status__in=["ON_HOLD", "PENDING", "CONFIRMED", "REDEEMED"]),
        then=F("retail_minor"),
    ),
    When(
        Q(is_direct=True, status="CANCELLED"),
        then=F("retail_minor") - Coalesce(F("refund_retail_minor"), Value(0)),
    ),
    default=Value(0),
    output_field=models.BigIntegerField(),
)
_OPEN = _CHARGED - F("received_minor") + F("refunded_minor")


class Account(models.Model):
    """The sums of a booking's ledger, with what decides on its balance, to find refunds due by.

    It says nothing that the entries and the booking do not: sums are written with each entry,
    and what is copied of the booking follows it by a trigger (``payments_follow_booking``).
    ``balance_minor`` is above zero where the guest owes the supplier, below zero for a refund due:
    ``shared_domain.payments.Balance`` in SQL, without the holds that only the clock has ended.
    """

    booking = models.OneToOneField(
        "bookings.Booking", models.PROTECT, primary_key=True, related_name="account"
    )
    is_direct = models.BooleanField("our own sale")
    status = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    retail_minor = models.BigIntegerField()
    refund_retail_minor = models.BigIntegerField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    received_minor = models.BigIntegerField("received")
    refunded_minor = models.BigIntegerField("refunded")
    written_off_minor = models.BigIntegerField("written off")
    changed_at = models.DateTimeField()
    balance_minor = models.GeneratedField(
        expression=Case(
            When(Q(received_minor__gte=_CHARGED + F("refunded_minor")), then=_OPEN),
            default=Greatest(_OPEN - F("written_off_minor"), Value(0)),
            output_field=models.BigIntegerField(),
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    since = models.GeneratedField(
        expression=Coalesce(F("cancelled_at"), F("changed_at")),
        output_field=models.DateTimeField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["since"]
        verbose_name = "guest account"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, received_minor__gte=F("refunded_minor")),
                name="account_refunds_what_it_received",
            ),
            models.CheckConstraint(
                condition=Q(written_off_minor__gte=0), name="account_writes_off_debts"
            ),
        ]
        indexes = [
            models.Index(
                fields=["since", "booking"],
                name="account_refund_due",
                condition=Q(balance_minor__lt=0),
            ),
            models.Index(
                fields=["since", "booking"],
                name="account_payment_due",
                condition=Q(balance_minor__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return str(self.booking)
