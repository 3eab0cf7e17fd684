"""Staff look at what a change does to departures, and others change the same row meanwhile."""

from datetime import time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core_site.catalog.departure_generation import generate_departures
from core_site.catalog.models import Departure, Option, Schedule
from shared_domain.availability import WithGuests
from tests.admin.effect import answer, is_effect
from tests.admin.forms import filled_in, save
from tests.admin.staff import Desk, text_of
from tests.admin.test_a_stale_page_deletes_nothing import deletion_of, question
from tests.admin.test_a_stale_page_is_not_saved import REFUSED, path_of, sent
from tests.harness.responses import ClientResponse


@pytest.fixture
def schedule(desk: Desk) -> Schedule:
    """A schedule with a departure on each of the next days, one of which is booked."""
    Departure.objects.all().delete()
    Schedule.objects.update(season_end=timezone.localdate() + timedelta(days=20))
    generate_departures(Option.objects.get(), now=timezone.now())
    third = Departure.objects.order_by("starts_at")[3]
    desk.confirmed(availability_id=third.availability_id)
    return Schedule.objects.get()


def change_it(schedule: Schedule) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(booking_cutoff_minutes=90)


def test_the_save_is_refused_and_what_was_typed_is_kept(rosa: Client, schedule: Schedule) -> None:
    effect = save(rosa, path_of(schedule), start_times="10:00")
    assert is_effect(effect)
    change_it(schedule)

    page = answer(rosa, effect, WithGuests.KEEP.value)

    assert REFUSED in text_of(page)
    assert page.context["adminform"].form["start_times"].value() == "10:00"
    schedule.refresh_from_db()
    assert schedule.start_times == [time(9, 30)]
    assert saved_after_all(rosa, schedule, page)


def saved_after_all(rosa: Client, schedule: Schedule, page: ClientResponse) -> bool:
    again = sent(rosa, path_of(schedule), filled_in(page))
    assert answer(rosa, again, WithGuests.KEEP.value).status_code == 302
    schedule.refresh_from_db()
    return (schedule.start_times, schedule.booking_cutoff_minutes) == ([time(10)], 90)


def test_the_deletion_is_refused(rosa: Client, schedule: Schedule) -> None:
    effect = rosa.post(deletion_of(schedule), question(rosa, schedule))
    assert is_effect(effect)
    change_it(schedule)

    page = rosa.get(answer(rosa, effect, WithGuests.KEEP.value)["Location"])

    assert "Nothing was deleted: it was changed by others" in text_of(page)
    assert Schedule.objects.filter(pk=schedule.pk).exists()
