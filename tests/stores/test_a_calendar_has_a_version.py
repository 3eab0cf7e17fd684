"""Days that are found at the same version are the same; whatever changes one changes the other."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from api_edge.octo import to_domain
from api_edge.octo.availability import CALENDARS, show_calendar
from api_edge.octo.capabilities import NO_CAPABILITIES
from api_edge.octo.schemas.availability import CalendarRequest
from core_site.catalog.models import Departure, PartnerTerms, Price, Product
from core_site.partners.models import Partner
from shared_domain import availability, bookings
from shared_domain.availability import AvailabilityQuery, CalendarResult, CalendarVersion
from shared_domain.partners import ApiKeyId, Caller
from shared_domain.run_now import run_now
from tests.harness.data import NOW, TRAVEL_DATE, Shop, bookings_on_django, live, open_shop

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


def reserve(shop: Shop) -> None:
    run_now(
        bookings.reserve_booking(
            shop.reservation("adult", uuid=uuid4()),
            access=live(shop.alice),
            now=NOW,
            store=bookings_on_django(),
        )
    )


CHANGES: dict[str, Callable[[Shop], object]] = {
    "places are taken": reserve,
    "more places": lambda shop: Departure.objects.update(capacity=11),
    "no limit": lambda shop: Departure.objects.update(capacity=None),
    "closed": lambda shop: Departure.objects.update(is_open=False),
    "sale over": lambda shop: Departure.objects.update(booking_cutoff_at=NOW),
    "largest party": lambda shop: Departure.objects.update(max_units=1),
    "hours": lambda shop: Departure.objects.update(opening_hours=[{"from": "9:00", "to": "10:00"}]),
    "gone": lambda shop: Departure.objects.all().delete(),
    "prices": lambda shop: Price.objects.update(retail_minor=1),
    "commission": lambda shop: PartnerTerms.objects.update(commission_basis_points=1),
    "product": lambda shop: Product.objects.update(tax_basis_points=700),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_another_version(shop: Shop, change: Callable[[Shop], object]) -> None:
    before = version(shop)
    change(shop)

    assert version(shop) != before


def test_what_changes_no_day_changes_no_version(shop: Shop) -> None:
    before = version(shop)
    Departure.objects.update(is_edited=True)

    assert version(shop) == before


def test_a_hold_that_runs_out_is_another_version_without_any_change(shop: Shop) -> None:
    empty = version(shop)
    reserve(shop)

    assert version(shop, after=HALF_AN_HOUR - timedelta(seconds=1)) != empty
    assert version(shop, after=HALF_AN_HOUR) == empty


def test_each_partner_sees_its_own(shop: Shop) -> None:
    """What one has on hold may keep it, and it alone, from holding more."""
    Partner.objects.update(max_held_percent=10)
    of_bob = version(shop, partner=shop.bob)
    reserve(shop)

    assert version(shop).fingerprint != version(shop, partner=shop.bob).fingerprint
    assert version(shop, partner=shop.bob) != of_bob


def test_a_date_without_departures_has_one(shop: Shop) -> None:
    Departure.objects.all().delete()

    assert version(shop).fingerprint == (0, 0)


@pytest.mark.parametrize(("entries", "is_remembered"), [(10, True), (11, False)])
def test_a_long_party_is_not_remembered(shop: Shop, entries: int, is_remembered: bool) -> None:
    """Its key may be a hundred times as long as the calendar of one day."""
    request = CalendarRequest(
        productId="kayak", optionId="DEFAULT", localDateStart=TRAVEL_DATE.isoformat(),
        localDateEnd=TRAVEL_DATE.isoformat(), units=[{"id": "adult", "quantity": 1}] * entries,
    )  # fmt: skip
    caller = Caller(
        partner_id=shop.alice, api_key_id=ApiKeyId(1), is_test=False, scopes=frozenset(),
        test_mode=False,
    )  # fmt: skip
    answer = run_now(
        show_calendar(request, caller, NO_CAPABILITIES, bookings_on_django().availability)
    )

    key = caller.access, to_domain.calendar_query(request, with_pricing=False), False
    assert answer.status_code == 200
    assert (key in CALENDARS) is is_remembered


def version(shop: Shop, *, after: timedelta = timedelta(0), partner: Any = None) -> CalendarVersion:
    """Return the version, by which the days are found that were found at it before."""
    query = AvailabilityQuery(
        product_code="kayak", option_code="DEFAULT", dates=(TRAVEL_DATE, TRAVEL_DATE)
    )
    named: dict[str, Any] = {
        "access": live(partner or shop.alice),
        "now": NOW + after,
        "store": bookings_on_django().availability,
    }
    found: CalendarResult = run_now(availability.find_days(query, **named))
    told = run_now(availability.find_calendar_version(query, **named))
    assert told == found.version
    return told
