"""What became of a departure that staff have cancelled or moved, for those who work on it."""

from django.db.models import Exists, OuterRef, Subquery

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_start
from core_site.disruptions.models import DisruptedBooking, DisruptedDeparture
from shared_domain.disruptions import DisruptionKind

#: The bookings that came to a departure after its disruption: staff had opened it again.
_CAME_SINCE = Booking.objects.filter(
    ~Exists(
        DisruptedBooking.objects.filter(
            booking=OuterRef("pk"), disruption=OuterRef(OuterRef("disruption"))
        )
    ),
    departure=OuterRef("departure"),
    status__in=["PENDING", "CONFIRMED", "REDEEMED"],
    test_mode=False,
)

#: Disruptions that stand, the last first; a departure that has guests again runs, closed or not.
STANDING = DisruptedDeparture.objects.filter(~Exists(_CAME_SINCE)).order_by("-id")

#: The kind of a departure's last disruption: one that is closed and was never disrupted still runs.
DISRUPTED_BY = Subquery(STANDING.filter(departure=OuterRef("pk")).values("disruption__kind")[:1])

#: Why a departure is sold no more, by the kind of its last disruption.
CLOSED_BY = {
    DisruptionKind.CANCEL.value: "cancelled",
    DisruptionKind.MOVE.value: "its guests were moved",
}


def describe_disruption(departure: Departure) -> str:
    """Return that the departure is cancelled, or where its guests are; empty if it still runs."""
    if departure.is_open:
        return ""
    last = STANDING.filter(departure=departure.pk).select_related("disruption").first()
    if last is None:
        return ""
    if last.disruption.kind == DisruptionKind.CANCEL.value:
        return "This departure is cancelled."
    target = Departure.objects.filter(pk=last.target_id or 0).first()
    if target is None:
        return "The guests of this departure were moved."
    starts = format_start(target, departure.option.product.time_zone)
    return f"The guests of this departure were moved to {starts}."
