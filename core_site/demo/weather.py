"""Disruptions of the demo: a sail that is cancelled with its bookings, and a blackout period."""

from datetime import datetime, timedelta

import pghistory
from django.db.models import Count, Q

from core_site import stores
from core_site.catalog.models import Departure, Product
from core_site.demo.simulation import Author
from shared_domain import availability, disruptions
from shared_domain.availability import BlackoutPlan, DepartureId
from shared_domain.catalog import ProductId
from shared_domain.disruptions import DisruptionId, DisruptionKind, DisruptionPlan
from shared_domain.run_now import run_now

SAIL, YACHT = "tejo-sunset-sail", "private-yacht"

SLIP_WEEK = (timedelta(days=45), timedelta(days=51))


def cancel_windy_sail(*, now: datetime, staff: Author) -> None:
    """Cancel the sail of the coming three weeks with the most confirmed bookings and no holds."""
    ahead = Departure.objects.filter(
        option__product__code=SAIL,
        is_open=True,
        local_date__range=(now.date() + timedelta(days=2), now.date() + timedelta(days=21)),
    )
    # Holds expire by today's clock, while the demo's ``now`` is midnight, so they are left out.
    booked = ahead.annotate(
        sold=Count("bookings", filter=Q(bookings__status="CONFIRMED")),
        holds=Count("bookings", filter=Q(bookings__status="ON_HOLD")),
    ).filter(holds=0, sold__gt=0)
    departure = booked.select_related("option__product").order_by("-sold", "starts_at").first()
    if departure is None:
        return
    with pghistory.context(**staff):
        started = run_now(
            disruptions.start_disruption(
                DisruptionPlan(
                    kind=DisruptionKind.CANCEL,
                    departures=(DepartureId(departure.pk),),
                    reason="Wind of more than 25 knots",
                    message="The wind is too strong for a safe sail. We are sorry!",
                    title=str(departure)[:200],
                ),
                requested_by=int(str(staff["user"])),
                now=now,
                store=stores.disruptions(),
            )
        )
    with pghistory.context(job="carry_out_disruption"):
        _carry_out(started, now=now)


def _carry_out(disruption_id: DisruptionId, *, now: datetime) -> None:
    """Carry out every row, and mark its e-mail as sent, since the demo's guests have no mailbox."""
    store = stores.disruptions()
    rows = run_now(
        disruptions.pending_rows(disruption_id, limit=disruptions.MAX_BOOKINGS, store=store)
    )
    for row_id in rows:
        run_now(disruptions.carry_out_row(row_id, now=now, store=store))
    for row_id, _ in run_now(disruptions.due_cancellation_notices(store=store)):
        run_now(disruptions.settle_cancellation_notice(row_id, is_sent=True, store=store))
    run_now(disruptions.finish_disruption(disruption_id, now=now, store=store))


def black_out_slip_week(*, now: datetime, staff: Author) -> None:
    """Add a blackout period of the private yacht, for a week in about 45 days."""
    yacht = Product.objects.get(code=YACHT)
    first, last = (now.date() + days for days in SLIP_WEEK)
    plan = BlackoutPlan(
        product_id=ProductId(yacht.pk),
        place="",
        first_date=first,
        last_date=last,
        reason="The yacht is on the slip",
    )
    with pghistory.context(**staff):
        run_now(
            availability.add_blackout(
                plan,
                requested_by=int(str(staff["user"])),
                now=now,
                store=stores.blackouts(),
            )
        )
