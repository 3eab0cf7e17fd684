"""What a change does to departures is shown before it is saved, and staff decide for guests."""

from collections.abc import Callable
from datetime import time, timedelta
from itertools import cycle

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from core_site.bookings.models import Booking
from core_site.catalog import effect_page
from core_site.catalog.departure_generation import generate_departures
from core_site.catalog.models import Departure, Option, Product, Schedule
from core_site.events.models import Event
from tests.admin import departure_changes as changes
from tests.admin.departure_changes import (
    correcting_the_zone,
    day_in,
    deleting_the_schedule,
    departure_in,
    generating,
    leaving_out_weekdays,
    making_it_longer,
    on_own_page,
    on_the_options_page,
    switching_it_off,
)
from tests.admin.effect import answer, hidden_in, is_effect, save_seen
from tests.admin.forms import save
from tests.admin.staff import Desk, logged_in, page_of_departure, text_of
from tests.admin.test_editing_the_catalogue import path_of
from tests.harness.responses import ClientResponse

HALF_PAST_NINE, TEN = time(9, 30), time(10)

Change = Callable[[Client], ClientResponse]


@pytest.fixture
def option(desk: Desk) -> Option:
    """An option with departures at 09:30 every day of the next two weeks."""
    Departure.objects.all().delete()
    Schedule.objects.update(season_end=day_in(14))
    option = Option.objects.get()
    generate_departures(option, now=timezone.now())
    return option


@pytest.fixture
def booked(desk: Desk, option: Option) -> list[Booking]:
    """One booking of two guests in five days, and two of one guest each in six days."""
    five, six = departure_in(5).availability_id, departure_in(6).availability_id
    return [
        desk.confirmed("adult", "adult", availability_id=five),
        desk.confirmed("adult", availability_id=six),
        desk.held("adult", availability_id=six),
    ]


MOVING = [on_own_page, on_the_options_page, generating]
ENDING = [
    deleting_the_schedule,
    changes.deleting_it_in_the_list,
    changes.deleting_it_on_the_options_page,
    switching_it_off,
    changes.ending_its_season,
    leaving_out_weekdays,
    changes.switching_to_opening_hours,
]
#: Each ending with one of the answers in turn.
ENDINGS = list(zip([*ENDING, ENDING[0]], cycle([("keep", True), ("move", False)]), strict=False))


def everything() -> list[dict]:
    rows = [
        row
        for model in (Product, Option, Schedule, Departure, Booking, Event, LogEntry)
        for row in model.objects.order_by("pk").values()
    ]
    return [row | {"revision": None} for row in rows]


def shown_before_it_is_saved(client: Client, change: Change) -> ClientResponse:
    """Return the page of the effect, after which all is as it was."""
    if change is generating:
        Schedule.objects.update(start_times=[TEN])
    before = everything()

    page = change(client)

    assert is_effect(page)
    assert "2 departures with 4 guests in 3 bookings are touched" in text_of(page)
    assert everything() == before
    return page


@pytest.mark.parametrize("change", [making_it_longer, correcting_the_zone])
def test_nothing_is_saved_before_staff_say_so(
    rosa: Client, booked: list[Booking], change: Change
) -> None:
    """The other changes are made below."""
    shown_before_it_is_saved(rosa, change)


@pytest.mark.parametrize("change", MOVING)
def test_departures_with_guests_are_named_apart_and_move_as_they_are(
    rosa: Client, booked: list[Booking], change: Change
) -> None:
    before = {row.pk: row.availability_id for row in (departure_in(5), departure_in(6))}

    page = shown_before_it_is_saved(rosa, change)

    said = text_of(page)
    moved = Departure.objects.count()
    last = Departure.objects.order_by("starts_at").last()
    first = Departure.objects.order_by("starts_at").first()
    assert f"Start at another time {moved} 2 4 {first.local_date} to {last.local_date}" in said
    assert "if they move (Europe/Lisbon)" in said
    assert f"{day_in(5)} 09:30 {day_in(5)} 10:00 1 2" in said
    assert f"{day_in(6)} 09:30 {day_in(6)} 10:00 2 2" in said

    done = answer(rosa, page, "move")

    assert done.status_code == 302
    assert set(Departure.objects.values_list("start_time", flat=True)) == {TEN}
    assert {row.pk: row.availability_id for row in (departure_in(5), departure_in(6))} == before
    told = Event.objects.filter(type="booking.moved").values_list("booking_uuid", flat=True)
    assert set(told) == {booking.uuid for booking in booked}
    assert "moved (2 of them with 4 guests)" in text_of(rosa.get("/admin/"))
    assert LogEntry.objects.filter(change_message__contains="2 of them with 4 guests").exists()


@pytest.mark.parametrize("change", MOVING)
def test_keeping_leaves_them_alone_and_opens_nothing_beside_them(
    rosa: Client, booked: list[Booking], change: Change
) -> None:
    done = answer(rosa, change(rosa), "keep")

    assert done.status_code == 302
    kept = Departure.objects.filter(start_time=HALF_PAST_NINE)
    assert set(kept) == {departure_in(5), departure_in(6)}
    assert all(row.is_open and row.is_kept for row in kept)
    assert departure_in(7).start_time == TEN
    assert not Event.objects.filter(type="booking.moved").exists()
    generate_departures(Option.objects.get(), now=timezone.now())
    assert departure_in(5).start_time == HALF_PAST_NINE


@pytest.mark.parametrize(("change", "answered"), ENDINGS)
def test_what_has_no_new_time_is_kept_or_closes_with_its_bookings(
    rosa: Client, booked: list[Booking], change: Change, answered: tuple[str, bool]
) -> None:
    choice, is_open = answered
    page = shown_before_it_is_saved(rosa, change)
    assert "Close to sale, and keep their bookings 2 2 4" in text_of(page)

    assert answer(rosa, page, choice).status_code == 302

    for days in (5, 6):
        assert departure_in(days).is_open is is_open
        assert departure_in(days).start_time == HALF_PAST_NINE
    assert not Departure.objects.filter(local_date=day_in(12), is_open=True).exists() or (
        change is leaving_out_weekdays
    )
    assert {row.status for row in Booking.objects.all()} == {"CONFIRMED", "ON_HOLD"}


@pytest.mark.parametrize("change", [on_own_page, deleting_the_schedule, making_it_longer])
def test_guests_are_decided_about_in_so_many_words(
    rosa: Client, booked: list[Booking], change: Change
) -> None:
    before = everything()

    page = answer(rosa, change(rosa))

    assert page.status_code == 400
    assert "Choose what happens to the departures with guests." in text_of(page)
    assert everything() == before
    assert answer(rosa, page, "keep").status_code == 302


def test_a_corrected_zone_leaves_no_choice_but_is_shown(
    rosa: Client, booked: list[Booking]
) -> None:
    before = departure_in(5)
    page = correcting_the_zone(rosa)
    assert "Keep them as they are" not in text_of(page)  # There is nothing to choose.
    assert "same time of day, another moment: " in text_of(page)

    assert answer(rosa, page).status_code == 302

    after = departure_in(5)
    assert (after.pk, after.availability_id) == (before.pk, before.availability_id)
    assert after.start_time == HALF_PAST_NINE
    assert after.starts_at == before.starts_at + timedelta(hours=1)
    assert Event.objects.filter(type="booking.moved").count() == 3


def test_all_options_of_a_product_are_on_the_page(rosa: Client, booked: list[Booking]) -> None:
    sunset = Option.objects.create(product=Product.objects.get(), code="PM", internal_name="PM")
    Schedule.objects.create(option=sunset, start_times=[time(18)], season_end=day_in(14))
    generate_departures(sunset, now=timezone.now())

    said = text_of(correcting_the_zone(rosa))

    count = Departure.objects.count()
    assert f"end or opening hours {count} 2 4" in said
    assert f"kayak: kayak {day_in(5)} 09:30" in said


@pytest.mark.parametrize(("choice", "minutes"), [("keep", 120), ("move", 150)])
def test_a_longer_tour_is_a_choice_as_well(
    rosa: Client, booked: list[Booking], choice: str, minutes: int
) -> None:
    page = making_it_longer(rosa)
    assert f"ends: {day_in(5)} 11:30 Europe/Lisbon → {day_in(5)} 12:00 Europe/Lisbon" in text_of(
        page
    )

    answer(rosa, page, choice)

    for row, expected in ((departure_in(5), minutes), (departure_in(7), 150)):
        assert row.ends_at - row.starts_at == timedelta(minutes=expected)


@pytest.mark.parametrize("change", [on_own_page, on_the_options_page, correcting_the_zone])
def test_the_way_back_is_the_form_with_all_that_was_typed(
    rosa: Client, booked: list[Booking], change: Change
) -> None:
    before = everything()
    page = change(rosa)
    typed = {
        name: values
        for name, values in hidden_in(page).items()
        if not name.startswith(("_effect", "csrf"))
    }

    form = rosa.post(page.request["PATH_INFO"], typed | {"_back_to_form": "1"})

    assert form.status_code == 200
    assert "Nothing is saved yet: here is the form as you left it." in text_of(form)
    assert "Please correct" not in text_of(form)
    shown = [form.context["adminform"].form]
    for inline in form.context["inline_admin_formsets"]:
        shown += inline.formset.forms
    values = {field.html_name: field.value() for one in shown for field in one}
    expected = {on_own_page: ("start_times", "10:00"), correcting_the_zone: ("time_zone",
        "Atlantic/Azores"), on_the_options_page: ("schedules-0-start_times", "10:00")}  # fmt: skip
    name, value = expected[change]
    assert values[name] == value
    assert everything() == before


def test_several_values_of_one_field_survive_the_question(
    rosa: Client, booked: list[Booking]
) -> None:
    page = save(
        rosa, path_of(Schedule.objects.get()), start_times="10:00, 15:30", weekdays=["1", "3", "7"]
    )

    answer(rosa, page, "move")

    schedule = Schedule.objects.get()
    assert (schedule.weekdays, schedule.start_times) == ([1, 3, 7], [TEN, time(15, 30)])


def test_a_booking_in_between_shows_the_page_again(
    rosa: Client, desk: Desk, booked: list[Booking]
) -> None:
    page = on_own_page(rosa)
    desk.confirmed("adult", availability_id=departure_in(9).availability_id)

    again = answer(rosa, page, "move")

    assert "The effect has changed since you saw it" in text_of(again)
    assert "3 departures with 5 guests in 4 bookings are touched" in text_of(again)
    assert departure_in(5).start_time == HALF_PAST_NINE
    assert answer(rosa, again, "move").status_code == 302
    assert departure_in(9).start_time == TEN


def test_two_staff_at_once_never_decide_on_what_they_have_not_seen(
    rosa: Client, booked: list[Booking]
) -> None:
    page = switching_it_off(rosa)
    other = logged_in(username="nuno")
    answer(other, on_own_page(other), "move")

    again = answer(rosa, page, "keep")

    assert "Nothing was saved: this page was changed by others" in text_of(again)
    assert Schedule.objects.get().is_active
    assert departure_in(5).start_time == TEN
    assert departure_in(5).is_open


def test_what_only_adds_departures_is_saved_at_once(rosa: Client, booked: list[Booking]) -> None:
    done = save(rosa, path_of(Schedule.objects.get()), start_times="09:30, 15:00", capacity="12")

    assert done.status_code == 302
    said = text_of(rosa.get("/admin/"))
    added = Departure.objects.filter(start_time=time(15)).count()
    assert f"departures: {added} added, " in said
    assert not Event.objects.filter(type="booking.moved").exists()


def test_departures_without_guests_are_shown_as_well(rosa: Client, option: Option) -> None:
    page = deleting_the_schedule(rosa)

    count = Departure.objects.count()
    assert "No departure with guests is touched." in text_of(page)
    assert f"Go: never booked {count} 0 0" in text_of(page)
    assert answer(rosa, page).status_code == 302
    assert not Departure.objects.exists()


def test_test_bookings_are_no_guests(rosa: Client, booked: list[Booking]) -> None:
    Booking.objects.update(test_mode=True)

    assert "No departure with guests is touched." in text_of(on_own_page(rosa))


def test_a_long_list_is_summed_up(
    rosa: Client, booked: list[Booking], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effect_page, "DEPARTURES_SHOWN", 1)

    said = text_of(on_own_page(rosa))

    assert f"{day_in(5)} 09:30" in said
    assert f"{day_in(6)} 09:30" not in said
    assert "And 1 more departure with 2 guests." in said


def test_looking_at_what_generating_does_changes_nothing(
    rosa: Client, booked: list[Booking]
) -> None:
    Schedule.objects.update(start_times=[TEN])
    before = everything()

    page = rosa.get(path_of(Option.objects.get(), "generate"))

    assert "2 departures with 4 guests in 3 bookings are touched" in text_of(page)
    assert everything() == before


def test_who_travels_is_not_on_the_page(rosa: Client, booked: list[Booking]) -> None:
    said = on_own_page(rosa).content.decode()

    assert "Duarte" not in said
    assert "clara@example.com" not in said


def test_a_change_that_was_seen_is_saved_once(rosa: Client, booked: list[Booking]) -> None:
    page = on_own_page(rosa)
    answer(rosa, page, "move")

    answer(rosa, page, "move")

    assert Event.objects.filter(type="booking.moved").count() == 3
    assert save_seen(rosa, path_of(Schedule.objects.get())).status_code == 302


def test_a_kept_departure_can_follow_its_schedule_again(
    rosa: Client, booked: list[Booking]
) -> None:
    answer(rosa, on_own_page(rosa), "keep")
    kept, moved = departure_in(5), departure_in(7)
    path = page_of_departure(kept, "follow-again")
    assert path in rosa.get(page_of_departure(kept)).content.decode()
    assert "kept for its guests" in text_of(rosa.get(page_of_departure(kept)))
    assert "follow-again" not in rosa.get(page_of_departure(moved)).content.decode()
    before = everything()

    page = rosa.get(path)

    assert "1 departure with 2 guests in 1 booking is touched" in text_of(page)
    assert everything() == before
    assert is_effect(rosa.post(path))
    assert everything() == before
    answer(rosa, page, "move")
    assert (departure_in(5).start_time, departure_in(5).is_kept) == (TEN, False)
    assert departure_in(6).start_time == HALF_PAST_NINE
    assert Event.objects.filter(type="booking.moved").count() == 1


def test_who_may_not_change_departures_lets_none_follow(booked: list[Booking]) -> None:
    viewer = logged_in("catalog.view_departure", username="ines")

    assert viewer.post(page_of_departure(departure_in(5), "follow-again")).status_code == 403
