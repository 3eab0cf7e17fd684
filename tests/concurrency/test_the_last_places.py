"""However many callers want the last places at once, exactly those places are sold."""

from collections import Counter
from uuid import uuid4

from core_site.bookings.models import Booking
from core_site.events.models import Event
from core_site.partners.models import Partner
from shared_domain.partners import Access
from tests.concurrency.callers import Callers, call
from tests.harness.data import NOW, Shop, add_departure, live


def test_200_callers_for_the_last_10_places(shop: Shop, url: str, callers: Callers) -> None:
    calls = [
        call("reserve_booking", shop.reservation(uuid=uuid4()), access=live(shop.alice), now=NOW)
        for _ in range(200)
    ]

    outcomes = callers.all_at_once(url, calls)

    assert Counter(outcome.said for outcome in outcomes) == {"ON_HOLD": 10, "SoldOut": 190}
    assert Booking.objects.count() == 10
    assert Event.objects.filter(type__startswith="booking.").count() == 10


def test_parties_of_different_sizes(shop: Shop, url: str, callers: Callers) -> None:
    parties = [("adult",), ("adult", "adult", "adult"), ("family",), ("family", "adult")]
    calls = [
        call(
            "reserve_booking",
            shop.reservation(*parties[number % 4], uuid=uuid4()),
            access=live(shop.alice),
            now=NOW,
        )
        for number in range(60)
    ]

    outcomes = callers.all_at_once(url, calls)

    assert {outcome.said for outcome in outcomes} == {"ON_HOLD", "SoldOut"}
    shop.departure.refresh_from_db()
    # A caller who wants a single place gets it while there is one.
    assert shop.departure.reserved == 10


def test_freesale_has_no_last_place(shop: Shop, url: str, callers: Callers) -> None:
    shop.departure.capacity = None
    shop.departure.save()
    wishes = [shop.reservation(uuid=uuid4()) for _ in range(60)]

    outcomes = callers.all_at_once(
        url,
        [call("reserve_booking", wish, access=live(shop.alice), now=NOW) for wish in wishes],
    )

    assert Counter(outcome.said for outcome in outcomes) == {"ON_HOLD": 60}


def test_two_departures_do_not_share_places(shop: Shop, url: str, callers: Callers) -> None:
    later = add_departure(shop.kayak, starts_at=shop.departure.starts_at.replace(day=20))
    wishes = [
        shop.reservation(uuid=uuid4(), availability_id=departure.availability_id)
        for departure in (shop.departure, later)
        for _ in range(20)
    ]

    outcomes = callers.all_at_once(
        url,
        [call("reserve_booking", wish, access=live(shop.bob), now=NOW) for wish in wishes],
    )

    assert Counter(outcome.said for outcome in outcomes) == {"ON_HOLD": 20, "SoldOut": 20}


def test_tests_and_live_bookings_each_get_all_places(
    shop: Shop, url: str, callers: Callers
) -> None:
    kinds = [(shop.alice, False), (shop.alice, True), (shop.bob, True)]
    calls = [
        call(
            "reserve_booking",
            shop.reservation(uuid=uuid4()),
            access=Access(partner_id=partner, test_mode=test_mode),
            now=NOW,
        )
        for _ in range(20)
        for partner, test_mode in kinds
    ]

    outcomes = callers.all_at_once(url, calls)

    for number in range(len(kinds)):
        said = Counter(outcome.said for outcome in outcomes[number :: len(kinds)])
        assert said == {"ON_HOLD": 10, "SoldOut": 10}
    shop.departure.refresh_from_db()
    assert shop.departure.reserved == 10


def test_a_partner_that_holds_all_at_once_gets_its_share(
    shop: Shop, url: str, callers: Callers
) -> None:
    Partner.objects.filter(pk=shop.bob).update(max_held_percent=60)
    wishes = [shop.reservation(uuid=uuid4()) for _ in range(40)]

    outcomes = callers.all_at_once(
        url, [call("reserve_booking", wish, access=live(shop.bob), now=NOW) for wish in wishes]
    )

    assert Counter(outcome.said for outcome in outcomes) == {"ON_HOLD": 6, "HoldLimitReached": 34}
