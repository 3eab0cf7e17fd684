"""Mark late guests and no-shows on recent departures of the demo, as a guide would."""

from datetime import datetime, timedelta

import pghistory

from core_site import stores
from core_site.bookings.models import Booking
from shared_domain import manifest
from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingId
from shared_domain.run_now import run_now

MARKED = 6


def mark_attendance(*, now: datetime) -> None:
    """Mark no-shows of the last 36 hours, and one party of the next 12 hours as late."""
    confirmed = Booking.objects.filter(status="CONFIRMED", test_mode=False)
    missing = confirmed.filter(
        departure__cutoffs_count_from__range=(now - timedelta(hours=36), now)
    ).order_by("-departure__starts_at", "id")[:MARKED]
    coming = confirmed.filter(
        departure__starts_at__range=(now, now + timedelta(hours=12)), departure__opening_hours=[]
    ).order_by("departure__starts_at", "id")[:1]
    with pghistory.context(guide_link="demo"):
        for rows, kind in ((missing, manifest.MarkKind.NO_SHOW), (coming, manifest.MarkKind.LATE)):
            for row in rows:
                run_now(
                    manifest.mark_guests(
                        BookingId(row.pk),
                        None,
                        kind=kind,
                        departure_id=DepartureId(row.departure_id or 0),
                        by="guide",
                        now=now,
                        store=stores.manifest(),
                    )
                )
