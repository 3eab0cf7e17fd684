"""The event log (an outbox): each event is written in the transaction of the change it reports."""

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Func, Q


class CurrentTransactionId(Func):
    template = "pg_current_xact_id()::text::bigint"


class Event(models.Model):
    """An event of a booking, departure, product or API key, without personal data.

    Readers go by ``position``, which the sequencer assigns after the commit; until then it is null.
    ``partner`` is null if every partner that may sell the product reads the event, ``test_mode`` if
    both live and test keys do. Neither the subject nor the partner is a foreign key in the
    database, so an event does not prevent their deletion.
    """

    position = models.BigIntegerField(null=True, editable=False)
    partner = models.ForeignKey(
        "partners.Partner", models.DO_NOTHING, related_name="+", null=True, db_constraint=False
    )
    test_mode = models.BooleanField(
        null=True, help_text="Of a test booking or key; live readers never see it."
    )
    type = models.CharField(max_length=32)
    booking_uuid = models.UUIDField(null=True)
    product_id = models.BigIntegerField(null=True)
    departure_id = models.BigIntegerField(null=True)
    api_key_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    transaction_id = models.BigIntegerField(db_default=CurrentTransactionId(), editable=False)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(type=""), name="event_has_a_type"),
            models.UniqueConstraint(
                fields=["position"],
                condition=Q(position__isnull=False),
                name="one_event_per_position",
            ),
            models.CheckConstraint(
                condition=Q(position=None) | Q(position__gte=1), name="positions_begin_at_1"
            ),
            models.CheckConstraint(
                condition=Q(booking_uuid=None) | Q(partner__isnull=False, test_mode__isnull=False),
                name="event_of_booking_is_its_partners",
            ),
            models.CheckConstraint(
                condition=Q(booking_uuid__isnull=False)
                | Q(product_id__isnull=False)
                | Q(api_key_id__isnull=False, partner__isnull=False, test_mode__isnull=False),
                name="event_is_about_something",
            ),
        ]
        indexes = [
            # Without those that wait for their position: a writer pays for one entry less.
            models.Index(
                fields=["partner", "position"],
                name="event_of_partner",
                condition=Q(position__isnull=False),
            ),
            models.Index(
                fields=["position"],
                name="event_of_every_partner",
                condition=Q(position__isnull=False, partner=None),
            ),
            models.Index(fields=["id"], name="event_without_position", condition=Q(position=None)),
            models.Index(fields=["booking_uuid"], name="event_of_booking"),
            # For the staff's list: what is rare would be looked for among all events.
            models.Index(fields=["type", "-id"], name="event_by_type"),
            models.Index(fields=["-id"], name="event_of_tests", condition=Q(test_mode=True)),
        ]

    def __str__(self) -> str:
        what = self.type.replace(".", " ").replace("_", " ").capitalize()
        return f"{what}, {'no position yet' if self.position is None else f'#{self.position}'}"


class EventLog(models.Model):
    """The single row with the last position that was assigned and the last that has expired."""

    last_position = models.BigIntegerField(default=0, db_default=0, editable=False)
    expired_to = models.BigIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Readers get no event up to this position any more.",
    )
    is_only = models.BooleanField(default=True, db_default=True, editable=False, unique=True)

    class Meta:
        db_table = "events_log"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(is_only=True), name="one_event_log"),
            models.CheckConstraint(
                condition=Q(expired_to__gte=0, expired_to__lte=models.F("last_position")),
                name="only_given_positions_expire",
            ),
        ]

    def __str__(self) -> str:
        return f"positions up to {self.last_position}"


class Acknowledgement(models.Model):
    """The position up to which a partner has acknowledged its events, in live or test mode."""

    partner = models.ForeignKey("partners.Partner", models.CASCADE, related_name="+")
    test_mode = models.BooleanField(editable=False)
    position = models.BigIntegerField(editable=False)
    acknowledged_at = models.DateTimeField(editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "test_mode"], name="one_acknowledgement_per_reader"
            ),
            models.CheckConstraint(
                condition=Q(position__gte=0), name="acknowledged_positions_begin_at_0"
            ),
        ]

    def __str__(self) -> str:
        return f"acknowledged up to {self.position}"
