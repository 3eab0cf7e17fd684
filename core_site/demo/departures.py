"""Departures from sixty days ago on, by the domain's own generator; a few closed or resized."""

from datetime import date, datetime, timedelta

from core_site.catalog.models import Departure, Option
from core_site.database import DjangoDatabase
from core_site.demo.products_documented import DOCUMENTED_CODE
from shared_domain import availability
from shared_domain.availability import DepartureId
from shared_domain.availability.sql_store import SqlAvailabilityStore
from shared_domain.catalog import OptionId
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.run_now import run_now

DAYS_BACK = 60

#: The sailing boat is in the yard on these days from today, and every so-many-th departure of
#: the others is closed or runs with fewer places.
YARD_DAYS = range(9, 13)
CLOSE_EVERY, RESIZE_EVERY = 401, 577


def departure_store() -> SqlAvailabilityStore:
    database = DjangoDatabase()
    return SqlAvailabilityStore(database, SqlCatalogStore(database))


def load_departures(*, now: datetime) -> None:
    """Generate every option's departures, first as two months ago, then as today."""
    store = departure_store()
    back = timedelta(days=DAYS_BACK)
    for option in Option.objects.order_by("id").values_list("id", flat=True):
        option_id = OptionId(option)
        for shift in (back, timedelta(0)):
            run_now(availability.generate_departures(option_id, now=now - shift, store=store))


def let_staff_change_some(*, today: date, now: datetime) -> None:
    """Close some future departures and change the places of others, as staff would."""
    store = departure_store()
    future = (
        Departure.objects.filter(local_date__gt=today + timedelta(days=1))
        .exclude(option__product__code=DOCUMENTED_CODE)
        .order_by("id")
    )
    in_yard = future.filter(
        option__product__code="tejo-sunset-sail",
        local_date__range=[today + timedelta(days=day) for day in (YARD_DAYS[0], YARD_DAYS[-1])],
    )
    limited = list(future.filter(capacity__gte=6).values_list("id", "capacity"))
    to_close = {*in_yard.values_list("id", flat=True), *(it for it, _ in limited[::CLOSE_EVERY])}
    for departure_id in sorted(to_close):
        run_now(
            availability.set_departure_open(
                DepartureId(departure_id), is_open=False, now=now, store=store
            )
        )
    for departure_id, capacity in limited[1::RESIZE_EVERY]:
        run_now(
            availability.set_departure_capacity(
                DepartureId(departure_id), (capacity or 0) - 2, now=now, store=store
            )
        )
