"""A kayak with a schedule of its own at one place, and the way to black days of it out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from core_site import stores
from core_site.catalog.departure_generation import generate_departures
from core_site.catalog.models import Departure, Option, Product
from shared_domain import availability
from shared_domain.availability import BlackoutId, BlackoutPlan, DepartureId
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, open_shop


@dataclass(frozen=True)
class Days:
    desk: Desk
    staff: User

    @classmethod
    def generate(cls) -> "Days":
        desk = Desk(open_shop())
        desk.shop.departure.delete()
        Product.objects.update(place="Cascais")
        cls.follow()
        return cls(desk, User.objects.create(username="duarte", is_staff=True))

    @staticmethod
    def follow(now: datetime | None = None) -> None:
        generate_departures(Option.objects.get(), now=now or timezone.now())

    def day(self, number: int) -> date:
        return timezone.now().date() + timedelta(days=number)

    def on(self, number: int) -> Departure:
        return Departure.objects.get(local_date=self.day(number))

    def plan(self, first: int, last: int, **values: Any) -> BlackoutPlan:
        return BlackoutPlan(
            **{
                "product_id": None,
                "place": "Cascais",
                "first_date": self.day(first),
                "last_date": self.day(last),
                "reason": "The boat is on the slip",
            }
            | values
        )

    def black_out(self, first: int, last: int, **values: Any) -> BlackoutId:
        made, _ = run_now(
            availability.add_blackout(
                self.plan(first, last, **values),
                requested_by=self.staff.pk,
                now=timezone.now(),
                store=stores.blackouts(),
            )
        )
        return made

    def lift(self, blackout_id: BlackoutId) -> int:
        return run_now(
            availability.lift_blackout(
                blackout_id,
                lifted_by=self.staff.pk,
                now=timezone.now(),
                store=stores.blackouts(),
            )
        )

    def set_open(self, number: int, *, is_open: bool) -> None:
        run_now(
            availability.set_departure_open(
                DepartureId(self.on(number).pk),
                is_open=is_open,
                now=timezone.now(),
                store=stores.availability(),
            )
        )

    def open_days(self, first: int, last: int) -> list[int]:
        return [number for number in range(first, last + 1) if self.on(number).is_open]
