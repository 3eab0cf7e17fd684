"""Running holds on departures, which staff see and may release when they close departures.

Closing a departure stops new sales, but a running hold may still be confirmed until it expires,
unless staff release it here (``shared_domain.bookings.holds`` explains why).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from core_site import stores
from core_site.bookings.hold_expiry import expires_at, has_expired
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_moment
from core_site.transactions import BulkResult, run_for_each
from shared_domain import bookings
from shared_domain.quantities import format_quantity
from shared_domain.run_now import run_now

#: What partners read as the reason.
REASON = "The departure was closed."


@dataclass(frozen=True)
class RunningHolds:
    """The unexpired holds on some departures; not those of tests, which take no live places."""

    rows: list[Booking]

    @classmethod
    def on(cls, departures: Iterable[Departure], *, now: datetime) -> "RunningHolds":
        running = Q(status="ON_HOLD", test_mode=False) & ~has_expired(now)
        ids = [departure.pk for departure in departures]
        rows = Booking.objects.filter(running, departure__in=ids).select_related(
            "departure", "product"
        )
        return cls(list(rows.order_by("pk")))

    def __str__(self) -> str:
        """Return ``2 holds of 5 places, the last until 2026-12-24 15:30 Europe/Lisbon``."""
        if not self.rows:
            return "none"
        last = max(self.rows, key=_end)
        taken = sum(hold.places for hold in self.rows)
        places = format_quantity(taken, "place")
        until = format_moment(_end(last), last.product.time_zone)
        if len(self.rows) == 1:
            return f"1 hold of {places}, until {until}"
        return f"{len(self.rows)} holds of {places}, the last until {until}"

    def release(self, *, noting: Callable[[Booking], object]) -> BulkResult:
        """Cancel each hold in a transaction of its own, except those confirmed meanwhile.

        ``noting`` is called in the same transaction.
        """

        def release(hold: Booking) -> None:
            run_now(
                bookings.release_hold(
                    hold.uuid,
                    reason=REASON,
                    access=hold.access,
                    now=timezone.now(),
                    store=stores.bookings(),
                )
            )
            noting(hold)

        return run_for_each(self.rows, release)


def _end(hold: Booking) -> datetime:
    ends_at = expires_at(hold)
    if ends_at is None:
        raise LookupError(f"{hold} is no hold")
    return ends_at
