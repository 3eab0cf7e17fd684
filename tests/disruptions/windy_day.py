"""A departure that the wind takes, with another one of its option on the day after."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.disruptions.jobs import carry_out_disruption
from core_site.disruptions.models import DisruptedBooking, Disruption
from shared_domain import disruptions
from shared_domain.availability import DepartureId
from shared_domain.disruptions import DisruptionKind, DisruptionPlan
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, open_shop
from tests.harness.data import Shop, add_departure, add_supplier


@dataclass(frozen=True)
class WindyDay:
    desk: Desk
    departure: Departure
    day_after: Departure

    @classmethod
    def dawn(cls, shop: Shop | None = None) -> "WindyDay":
        add_supplier()
        desk = Desk(shop or open_shop())
        departure = desk.shop.departure
        day_after = add_departure(
            desk.shop.kayak, starts_at=departure.starts_at + timedelta(days=1), capacity=4
        )
        return cls(desk, departure, day_after)

    def plan(self, kind: DisruptionKind = DisruptionKind.CANCEL, **values: Any) -> DisruptionPlan:
        of, to = DepartureId(self.departure.pk), DepartureId(self.day_after.pk)
        return DisruptionPlan(
            **{
                "kind": kind,
                "departures": (of,),
                "targets": {of: to} if kind is DisruptionKind.MOVE else {},
                "reason": "Wind",
                "message": "The wind is too strong.",
                "title": "kayak",
            }
            | values
        )

    def start(self, kind: DisruptionKind = DisruptionKind.CANCEL, **values: Any) -> Disruption:
        staff, _ = User.objects.get_or_create(username="duarte", is_staff=True)
        disruption_id = run_now(
            disruptions.start_disruption(
                self.plan(kind, **values),
                requested_by=staff.pk,
                now=timezone.now(),
                store=stores.disruptions(),
            )
        )
        return Disruption.objects.get(pk=disruption_id)

    def carry_out(self, kind: DisruptionKind = DisruptionKind.CANCEL, **values: Any) -> Disruption:
        disruption = self.start(kind, **values)
        carry_out_disruption(disruption.pk)
        disruption.refresh_from_db()
        return disruption


def outcomes(disruption: Disruption) -> dict[str, str]:
    """Return what became of each booking, by its reference."""
    lines = DisruptedBooking.objects.filter(disruption=disruption).select_related("booking")
    return {line.booking.supplier_reference: line.outcome for line in lines}


def refusal(disruption: Disruption, booking: Booking) -> str:
    return DisruptedBooking.objects.get(disruption=disruption, booking=booking).refusal
