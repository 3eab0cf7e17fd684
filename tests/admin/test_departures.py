"""Staff close, reopen and resize departures, one or many; what is taken stays taken."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from core_site.catalog.models import Departure
from shared_domain.catalog import MAX_CAPACITY
from tests.admin.staff import Desk, logged_in, page_of_departure, text_of
from tests.harness.data import Shop, add_departure
from tests.harness.pages import context_of

LIST = "/admin/catalog/departure/"

ACTIONS = ["close", "reopen", "resize"]


@pytest.fixture
def departure(shop: Shop) -> Departure:
    return shop.departure


@pytest.fixture
def more(shop: Shop) -> list[Departure]:
    """Three departures on the days after the shop's own."""
    starts_at = shop.departure.starts_at
    return [
        add_departure(shop.kayak, starts_at=starts_at + timedelta(days=day)) for day in (1, 2, 3)
    ]


def chosen(departures: list[Departure], action: str, **form: object) -> dict[str, object]:
    return {
        "action": action,
        "_selected_action": [departure.pk for departure in departures],
        **form,
    }


def test_closing_and_reopening(rosa: Client, departure: Departure) -> None:
    for action, is_open in (("close", False), ("reopen", True)):
        page = rosa.post(page_of_departure(departure, action), follow=True)
        departure.refresh_from_db()
        assert (departure.is_open, departure.is_edited) == (is_open, True)
        assert f"{departure}: {'reopened' if is_open else 'closed'}." in text_of(page)


def test_the_log_names_the_departure_in_staffs_words_and_leads_to_it(
    rosa: Client, departure: Departure
) -> None:
    rosa.post(page_of_departure(departure, "close"))

    page = rosa.get("/admin/events/event/").content.decode()

    product = departure.option.product
    starts_at = departure.starts_at.astimezone(ZoneInfo(product.time_zone))
    named = f"{starts_at:%F %R}, {product.internal_name}"
    assert f'<a href="{page_of_departure(departure)}">{named}</a>' in page


def test_only_the_button_that_fits_is_shown(rosa: Client, departure: Departure) -> None:
    for shown, hidden in (("close", "reopen"), ("reopen", "close")):
        page = rosa.get(page_of_departure(departure)).content.decode()
        assert page_of_departure(departure, shown) in page
        assert page_of_departure(departure, hidden) not in page
        rosa.post(page_of_departure(departure, shown))


def test_what_is_over_is_not_offered_to_be_closed(rosa: Client, shop: Shop) -> None:
    over = add_departure(shop.kayak, starts_at=timezone.now() - timedelta(days=2))

    page = rosa.get(page_of_departure(over)).content.decode()

    assert page_of_departure(over, "close") not in page
    assert page_of_departure(over, "write_to_guests") in page


@pytest.mark.parametrize(("typed", "capacity"), [("30", 30), ("2", 2), ("", None)])
def test_changing_the_capacity(
    rosa: Client, desk: Desk, departure: Departure, typed: str, capacity: int | None
) -> None:
    desk.confirmed("adult", "adult")

    rosa.post(page_of_departure(departure, "resize"), {"capacity": typed})

    departure.refresh_from_db()
    assert (departure.capacity, departure.is_edited) == (capacity, True)


def test_the_capacity_never_falls_below_what_is_taken(
    rosa: Client, desk: Desk, departure: Departure
) -> None:
    desk.confirmed("adult", "adult")

    page = rosa.post(page_of_departure(departure, "resize"), {"capacity": "1"})

    assert page.status_code == 400
    assert "Capacity must be at least 2: 2 places reserved already" in text_of(page)
    departure.refresh_from_db()
    assert departure.capacity == 10


def test_holds_that_have_run_out_are_not_taken(
    rosa: Client, desk: Desk, departure: Departure
) -> None:
    desk.lapsed("adult", "adult")

    rosa.post(page_of_departure(departure, "resize"), {"capacity": "1"})

    departure.refresh_from_db()
    assert departure.capacity == 1
    assert "0 of 1" in text_of(rosa.get(LIST))


@pytest.mark.parametrize("typed", ["-1", "1.5", "many", "9" * 30, str(MAX_CAPACITY + 1)])
def test_an_impossible_capacity_is_explained(
    rosa: Client, departure: Departure, typed: str
) -> None:
    page = rosa.post(page_of_departure(departure, "resize"), {"capacity": typed})

    assert page.status_code == 400
    departure.refresh_from_db()
    assert departure.capacity == 10


def test_many_are_asked_about_before_they_are_closed(rosa: Client, more: list[Departure]) -> None:
    question = rosa.post(LIST, chosen(more[:2], "close_many"))
    assert str(more[0]) in text_of(question)
    assert Departure.objects.filter(is_open=False).count() == 0

    page = rosa.post(LIST, chosen(more[:2], "close_many", answered="1"), follow=True)
    assert "2 closed." in text_of(page)
    assert set(Departure.objects.filter(is_open=False)) == set(more[:2])


def test_one_refusal_stops_none_of_the_others(
    rosa: Client, desk: Desk, departure: Departure, more: list[Departure]
) -> None:
    desk.confirmed("adult", "adult")
    form = chosen([departure, *more], "resize_many", answered="1", capacity="1")

    said = text_of(rosa.post(LIST, form, follow=True))

    assert "3 given the new capacity." in said
    assert f"1 refused: {departure}: Capacity must be at least 2" in said
    assert list(Departure.objects.order_by("pk").values_list("capacity", flat=True)) == [
        10,
        1,
        1,
        1,
    ]


def test_a_bad_capacity_for_many_is_asked_again(rosa: Client, more: list[Departure]) -> None:
    page = rosa.post(LIST, chosen(more, "resize_many", answered="1", capacity="x"))

    assert page.status_code == 400
    assert "Enter a whole number" in text_of(page)


def test_all_that_match_can_be_chosen_at_once(rosa: Client, more: list[Departure]) -> None:
    form = chosen(more[:1], "close_many", answered="1", select_across="1")

    rosa.post(LIST, form)

    assert Departure.objects.filter(is_open=False).count() == 4


def test_a_departure_that_vanished_is_a_message(rosa: Client, more: list[Departure]) -> None:
    gone = more[0].pk
    more[0].delete()

    for action in ACTIONS:
        assert rosa.post(f"{LIST}{gone}/{action}/", {"capacity": "1"}).status_code == 302


@pytest.mark.parametrize("action", ACTIONS)
def test_looking_at_a_question_changes_nothing(
    rosa: Client, departure: Departure, action: str
) -> None:
    before = Departure.objects.values().get()

    assert rosa.get(page_of_departure(departure, action)).status_code == 200
    assert Departure.objects.values().get() == before


def test_who_may_only_look_is_refused_and_sees_no_button(
    departure: Departure, more: list[Departure]
) -> None:
    viewer = logged_in("catalog.view_departure")
    before = list(Departure.objects.order_by("pk").values())

    for action in ACTIONS:
        assert f"/{action}/" not in viewer.get(page_of_departure(departure)).content.decode()
        answer = viewer.post(page_of_departure(departure, action), {"capacity": "1"})
        assert answer.status_code == 403
        many = chosen(more, f"{action}_many", answered="1", capacity="1")
        viewer.post(LIST, many)
    assert "close_many" not in viewer.get(LIST).content.decode()
    assert list(Departure.objects.order_by("pk").values()) == before


def test_the_list_looks_ahead_unless_told_otherwise(rosa: Client, shop: Shop) -> None:
    add_departure(shop.kayak, starts_at=timezone.now() - timedelta(days=30))

    def listed(query: str) -> int:
        return context_of(rosa, f"{LIST}?{query}")["cl"].result_count

    assert listed("") == 1
    assert listed("time=all") == 2
    assert listed(f"local_date_from={timezone.localdate() - timedelta(days=60)}") == 2
