"""Five products of every kind and two partners, on three days around a change of the clocks."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from core_site.catalog.models import Product
from shared_domain import availability
from shared_domain.catalog import OptionId
from shared_domain.partners import PartnerId
from shared_domain.run_now import run_now
from tests.harness.data import add_partner, add_product, bookings_on_django

#: Lisbon's clocks go forward on the 29th of March 2026.
OPENS_AT = datetime(2026, 3, 25, 10, 0, tzinfo=UTC)
DAYS = {"season_start": date(2026, 3, 28), "season_end": date(2026, 3, 30)}


@dataclass(frozen=True)
class Town:
    partners: tuple[PartnerId, ...]
    products: tuple[Product, ...]


def build_town() -> Town:
    partners = (add_partner("alice", max_hold_minutes=45), add_partner("bob"))
    walk = add_product(
        "walk",
        partners=partners,
        schedule_values=DAYS | {"capacity": 6, "start_times": [time(1, 30), time(9, 30)]},
    )
    cruise = add_product(
        "cruise",
        partners=partners,
        instant_confirmation=False,
        delivery_methods=["TICKET"],
        option_values={"required_contact_fields": ["firstName"], "max_units": 5},
        schedule_values=DAYS | {"capacity": 5},
    )
    museum = add_product(
        "museum",
        partners=partners,
        availability_type="OPENING_HOURS",
        option_values={
            "allows_late_cancellation": True,
            "late_refund_percent": 50,
            "cancellation_cutoff_amount": 2,
        },
        schedule_values=DAYS | {"capacity": 8, "max_units": 4},
    )
    pass_ = add_product(
        "pass",
        partners=partners,
        availability_required=False,
        schedule_values=DAYS | {"capacity": None},
    )
    charter = add_product(
        "charter",
        partners=partners[:1],
        pricing_per="BOOKING",
        instant_delivery=False,
        schedule_values=DAYS | {"capacity": 4},
    )
    town = Town(partners, (walk, cruise, museum, pass_, charter))
    for product in town.products:
        generate(product, OPENS_AT)
    return town


def generate(product: Product, now: datetime) -> int:
    changes = run_now(
        availability.generate_departures(
            OptionId(product.options.get().pk), now=now, store=bookings_on_django().availability
        )
    )
    return len(changes)
