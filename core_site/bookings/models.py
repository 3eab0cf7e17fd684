"""Tables of bookings, their unit items, and notices of moves; no rules, only constraints.

Only the services write rows. The constraints here are the last line of defence, whatever code
writes.
"""

from enum import StrEnum
from typing import Any

import pghistory
from django.db import models
from django.db.models import F, Q

from core_site.history import every_change
from core_site.personal_data import personal_fields
from shared_domain.bookings import DESK_CHANNELS, BookingStatus, Channel, Initiator, Refund
from shared_domain.manifest import MarkKind
from shared_domain.partners import Access, PartnerId


def _choices(enumeration: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.value.replace("_", " ").capitalize()) for member in enumeration]


def _of_a_version(to: str, **options: Any) -> "models.ForeignKey[Any, Any]":
    """Return a reference of a version in the history, which is found by its booking or request."""
    return models.ForeignKey(
        to,
        models.DO_NOTHING,
        related_name="+",
        related_query_name="+",
        db_constraint=False,
        db_index=False,
        **options,
    )


@pghistory.track(
    *every_change(),
    exclude=[*personal_fields("bookings.booking"), "carried_out"],
    attrs={
        "partner": _of_a_version("partners.Partner"),
        "product": _of_a_version("catalog.Product"),
        "option": _of_a_version("catalog.Option"),
        "departure": _of_a_version("catalog.Departure", null=True, blank=True),
    },
)
class Booking(models.Model):
    uuid = models.UUIDField()
    # Without an index of its own where another one begins with the same column.
    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, related_name="bookings", db_index=False
    )
    # No foreign key: a user may be deleted, and the booking still names it.
    user_id = models.UUIDField(
        "user", null=True, blank=True, help_text="The partner's user that it names, if any."
    )
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="bookings")
    option = models.ForeignKey("catalog.Option", models.PROTECT, related_name="bookings")
    departure = models.ForeignKey(
        "catalog.Departure",
        models.PROTECT,
        related_name="bookings",
        null=True,
        blank=True,
        db_index=False,
    )
    test_mode = models.BooleanField(default=False)
    status = models.CharField(max_length=16, choices=_choices(BookingStatus))
    supplier_reference = models.CharField(max_length=32, unique=True)
    reseller_reference = models.CharField(max_length=255, null=True, blank=True)
    channel = models.CharField(
        max_length=16,
        choices=[
            (Channel.API.value, "API"),
            (Channel.TELEPHONE.value, "Telephone"),
            (Channel.WALK_IN.value, "Walk-in"),
            (Channel.EMAIL.value, "E-mail"),
        ],
        default=Channel.API.value,
        db_default=Channel.API.value,
        help_text="How it came: by a partner's program, or at the booking desk.",
    )
    reservation_fingerprint = models.BinaryField(
        help_text="SHA-256 of the reservation as sent: a repeat with other content is refused."
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    sale_date = models.DateField(
        null=True, blank=True, help_text="The product's local date when it was confirmed."
    )
    redeemed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancellation_refund = models.CharField(
        max_length=8, choices=_choices(Refund), null=True, blank=True
    )
    cancellation_initiator = models.CharField(
        max_length=8, choices=_choices(Initiator), null=True, blank=True
    )
    cancellation_reason = models.TextField(null=True, blank=True)
    refund_retail_minor = models.BigIntegerField(
        null=True, blank=True, help_text="What the guest gets back."
    )
    refund_net_minor = models.BigIntegerField(
        null=True, blank=True, help_text="What the partner no longer owes."
    )
    contact = models.JSONField(default=dict, blank=True)
    notes = models.TextField(null=True, blank=True)
    pickup_hotel = models.CharField(
        max_length=255, null=True, blank=True, help_text="Where the guests are picked up."
    )
    pickup_time = models.CharField(
        max_length=5, null=True, blank=True, help_text="By the clock of the product, as 08:30."
    )
    email_receipt = models.BooleanField(default=False)
    internal_note = models.TextField(
        null=True, blank=True, help_text="For staff; partners never see it."
    )
    tickets_due_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the guest is owed an e-mail with the tickets."
    )
    tickets_sent_at = models.DateTimeField(
        null=True, blank=True, help_text="When the guest was last sent the tickets by e-mail."
    )
    tickets_recipient = models.TextField(
        null=True, blank=True, help_text="Where the due tickets go, this once, but to the guest."
    )
    voucher_code = models.CharField(max_length=32, null=True, blank=True, unique=True)
    last_ticket_number = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="The number of the last ticket when that was given back.",
    )
    places = models.PositiveIntegerField(
        help_text="Places taken on the departure; by a test, of its partner's test stock only."
    )
    currency = models.CharField(max_length=3)
    original_minor = models.BigIntegerField()
    retail_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    taxes = models.JSONField(default=list, blank=True)
    # Of the release before; idempotency records hold what is carried out (core_site/idempotency).
    carried_out = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        editable=False,
        help_text="The latest requests with an Idempotency-Key: digests of key and content.",
    )

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("view_personal_data", "Can see who travels: contact details, notes and reasons"),
            ("sell_booking", "Can make bookings at the desk"),
            ("oversell", "Can book over capacity or in the past"),
            ("keep_price", "Can keep a booking's price when moving it"),
        ]
        constraints = [
            # A uuid is its partner's own choice: that another partner has used it must not be seen.
            models.UniqueConstraint(
                fields=["uuid", "partner", "test_mode"], name="booking_uuid_of_partner"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in BookingStatus]),
                name="booking_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(pickup_time=None)
                | Q(pickup_time__regex=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
                name="booking_pickup_time_is_a_time",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=[channel.value for channel in Channel]),
                name="booking_channel_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["ON_HOLD", "EXPIRED"], hold_expires_at__isnull=False)
                | (~Q(status__in=["ON_HOLD", "EXPIRED"]) & Q(hold_expires_at=None)),
                name="exactly_holds_expire",
            ),
            models.CheckConstraint(
                condition=Q(status="CANCELLED", cancelled_at__isnull=False)
                & Q(cancellation_refund__isnull=False, cancellation_initiator__isnull=False)
                | ~Q(status="CANCELLED")
                & Q(cancelled_at=None, cancellation_refund=None, cancellation_initiator=None),
                name="exactly_cancelled_bookings_say_so",
            ),
            models.CheckConstraint(
                # Each field is asked whether it is there: a comparison with NULL refuses nothing.
                condition=Q(status="CANCELLED", refund_retail_minor__isnull=False)
                & Q(refund_net_minor__isnull=False)
                | ~Q(status="CANCELLED") & Q(refund_retail_minor=None, refund_net_minor=None),
                name="exactly_cancelled_bookings_refund",
            ),
            models.CheckConstraint(
                condition=Q(refund_retail_minor=None, refund_net_minor=None)
                | Q(refund_retail_minor__range=(0, F("retail_minor")))
                & Q(refund_net_minor__range=(0, F("net_minor"))),
                name="booking_refund_is_of_its_price",
            ),
            models.CheckConstraint(
                condition=~Q(cancellation_refund__in=["FULL", "NONE"])
                | Q(cancellation_refund="FULL", refund_retail_minor=F("retail_minor"))
                & Q(refund_net_minor=F("net_minor"))
                | Q(cancellation_refund="NONE", refund_retail_minor=0, refund_net_minor=0),
                name="booking_refund_is_what_it_is_called",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(sale_date__isnull=False),
                name="confirmed_bookings_have_a_sale_date",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["CONFIRMED", "REDEEMED"]) | Q(confirmed_at__isnull=False),
                name="confirmed_bookings_say_when",
            ),
            models.CheckConstraint(
                condition=Q(original_minor__gte=F("retail_minor"))
                & Q(retail_minor__gte=F("net_minor"))
                & Q(net_minor__gte=0),
                name="booking_money_makes_sense",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "-id"], name="booking_of_partner"),
            models.Index(
                fields=["partner", "reseller_reference"],
                name="booking_by_reseller_reference",
                condition=Q(reseller_reference__isnull=False),
            ),
            # Bookings of a departure, and those of one partner: by status, without their rows.
            models.Index(
                fields=["departure", "partner", "status"], name="booking_of_departures_partner"
            ),
            models.Index(
                fields=["departure", "partner"],
                name="booking_tests_of_departure",
                condition=Q(test_mode=True),
            ),
            models.Index(
                fields=["hold_expires_at"],
                name="booking_holds_by_expiry",
                condition=Q(status="ON_HOLD"),
            ),
            # What lapsed of one departure, and what one partner holds of one option.
            models.Index(
                fields=["departure", "hold_expires_at"],
                name="booking_hold_of_departure",
                condition=Q(status="ON_HOLD"),
            ),
            models.Index(
                fields=["option", "partner", "hold_expires_at"],
                name="booking_hold_of_option",
                condition=Q(status="ON_HOLD"),
            ),
            models.Index(
                fields=["tickets_due_at"],
                name="booking_tickets_due",
                condition=Q(tickets_due_at__isnull=False),
            ),
            models.Index(
                fields=["user_id", "-id"],
                name="booking_of_user",
                condition=Q(user_id__isnull=False),
            ),
            models.Index(fields=["status", "-id"], name="booking_by_status"),
            models.Index(
                fields=["channel", "-id"],
                name="booking_by_desk_channel",
                condition=Q(channel__in=[channel.value for channel in DESK_CHANNELS]),
            ),
        ]

    def __str__(self) -> str:
        return self.supplier_reference

    @property
    def access(self) -> Access:
        """The booking's partner and test mode, as the services require them."""
        return Access(partner_id=PartnerId(self.partner_id), test_mode=self.test_mode)


@pghistory.track(
    *every_change(),
    exclude=personal_fields("bookings.unititem"),
    attrs={"unit": _of_a_version("catalog.Unit")},
)
class UnitItem(models.Model):
    # Without an index of its own: that of its uuid in the booking begins with the same column.
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="unit_items", db_index=False)
    uuid = models.UUIDField()
    position = models.PositiveSmallIntegerField()
    unit = models.ForeignKey("catalog.Unit", models.PROTECT, related_name="+")
    reseller_reference = models.CharField(max_length=255, null=True, blank=True)
    supplier_reference = models.CharField(max_length=40)
    redeemed_at = models.DateTimeField(null=True, blank=True)
    ticket_code = models.CharField(max_length=32, null=True, blank=True, unique=True)
    attendance = models.CharField(
        max_length=8,
        choices=[(MarkKind.LATE.value, "Late"), (MarkKind.NO_SHOW.value, "No-show")],
        null=True,
        blank=True,
        help_text="What was noted on the manifest; a redeemed ticket counts before it.",
    )
    attendance_at = models.DateTimeField(null=True, blank=True)
    attendance_by = models.CharField(
        max_length=160, null=True, blank=True, help_text="The staff user or the guide's link."
    )
    contact = models.JSONField(default=dict, blank=True)
    original_minor = models.BigIntegerField(null=True, blank=True)
    retail_minor = models.BigIntegerField(null=True, blank=True)
    net_minor = models.BigIntegerField(null=True, blank=True)
    refund_retail_minor = models.BigIntegerField(null=True, blank=True)
    refund_net_minor = models.BigIntegerField(null=True, blank=True)
    taxes = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["booking", "position"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "uuid"], name="item_uuid_in_booking"),
            models.CheckConstraint(
                condition=Q(attendance=None, attendance_at=None, attendance_by=None)
                | Q(attendance__in=[kind.value for kind in MarkKind])
                & Q(attendance_at__isnull=False, attendance_by__isnull=False),
                name="item_attendance_says_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(original_minor=None, retail_minor=None, net_minor=None)
                | Q(
                    original_minor__gte=F("retail_minor"),
                    retail_minor__gte=F("net_minor"),
                    net_minor__gte=0,
                ),
                name="item_money_makes_sense",
            ),
            models.CheckConstraint(
                condition=Q(refund_retail_minor=None, refund_net_minor=None)
                | Q(retail_minor__isnull=False, refund_retail_minor__isnull=False)
                & Q(refund_net_minor__isnull=False, refund_net_minor__range=(0, F("net_minor")))
                & Q(refund_retail_minor__range=(0, F("retail_minor"))),
                name="item_refund_is_of_its_price",
            ),
        ]

    def __str__(self) -> str:
        return self.supplier_reference


class MoveNotice(models.Model):
    """An e-mail that is due because the departure's time differs from the one the guest was told.

    The transaction that moves the departure inserts it, and the one that sends the mail deletes it.
    ``before`` is the time that the guest was told, also after a second move.
    """

    booking = models.OneToOneField(Booking, models.CASCADE, related_name="move_notice")
    due_at = models.DateTimeField()
    before = models.JSONField()
    message = models.TextField(
        blank=True, default="", db_default="", help_text="What staff say beside the facts."
    )

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="move_notice_by_age")]

    def __str__(self) -> str:
        return f"{self.booking}, due since {self.due_at}"
