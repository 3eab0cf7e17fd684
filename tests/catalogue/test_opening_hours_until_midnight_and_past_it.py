"""A day may be open until 24:00 or past midnight: it is shown and sold as the day it begins on."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from api_edge.http.answer_structs import encode
from api_edge.octo import render_availability
from core_site.catalog import validation
from core_site.catalog.admin_forms import OpeningHoursField
from core_site.messages.letters.formats import LetterFormats
from shared_domain.availability import (
    AvailabilityStatus,
    Departure,
    DepartureId,
    OpeningPeriod,
    PlannedDeparture,
    Schedule,
    Slot,
    plan,
)
from shared_domain.catalog import AvailabilityType, OptionId
from shared_domain.messages import LanguageChoice
from tests.domain.samples import make_product

NIGHT = date(2026, 7, 14)


def night(*periods: tuple[str, str], day: date = NIGHT) -> PlannedDeparture:
    schedule = Schedule(
        id=1,
        option_id=OptionId(1),
        time_zone="Europe/Lisbon",
        weekdays=frozenset(range(1, 8)),
        start_times=(),
        duration_minutes=120,
        opening_hours=tuple(OpeningPeriod(*period) for period in periods),
        season_start=None,
        season_end=None,
        capacity=10,
        max_units=None,
        booking_cutoff_minutes=60,
    )
    (planned,) = plan(schedule, first=day, last=day)
    return planned


def stored(planned: PlannedDeparture) -> Departure:
    return Departure(
        id=DepartureId(1),
        availability_id=planned.availability_id,
        local_date=planned.local_date,
        start_time=None,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        cutoffs_count_from=planned.cutoffs_count_from,
        booking_cutoff_at=planned.booking_cutoff_at,
        opening_hours=planned.opening_hours,
        capacity=10,
        reserved=0,
        max_units=None,
        is_open=True,
    )


@pytest.mark.parametrize(
    ("periods", "closes", "ends"),
    [
        ([("10:00", "18:00")], "2026-07-14T18:00+01:00", "2026-07-15T00:00+01:00"),
        ([("10:00", "24:00")], "2026-07-15T00:00+01:00", "2026-07-15T00:00+01:00"),
        ([("00:00", "24:00")], "2026-07-15T00:00+01:00", "2026-07-15T00:00+01:00"),
        ([("18:00", "00:00")], "2026-07-15T00:00+01:00", "2026-07-15T00:00+01:00"),
        ([("22:00", "02:00")], "2026-07-15T02:00+01:00", "2026-07-15T02:00+01:00"),
        (
            [("10:00", "13:00"), ("22:00", "02:00")],
            "2026-07-15T02:00+01:00",
            "2026-07-15T02:00+01:00",
        ),
    ],
)
def test_cut_offs_count_from_the_last_closing_time(
    periods: list[tuple[str, str]], closes: str, ends: str
) -> None:
    planned = night(*periods)

    assert planned.local_date == NIGHT
    assert planned.cutoffs_count_from == datetime.fromisoformat(closes)
    assert planned.booking_cutoff_at == datetime.fromisoformat(closes) - timedelta(hours=1)
    assert planned.ends_at == datetime.fromisoformat(ends)


def test_a_night_in_which_the_clocks_change_closes_by_the_clock() -> None:
    planned = night(("22:00", "02:30"), day=date(2026, 10, 24))

    assert planned.cutoffs_count_from == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_it_is_sold_until_its_cut_off_after_midnight() -> None:
    departure = stored(night(("22:00", "02:00")))

    def status(moment: str) -> AvailabilityStatus:
        return departure.status(now=datetime.fromisoformat(moment))

    assert status("2026-07-15T00:59+01:00") is AvailabilityStatus.AVAILABLE
    assert status("2026-07-15T01:00+01:00") is AvailabilityStatus.CLOSED


def test_partners_and_guests_read_the_day_on_which_it_begins() -> None:
    departure = stored(night(("22:00", "02:00")))
    product = make_product(availability_type=AvailabilityType.OPENING_HOURS)

    shown = render_availability.slot(Slot(departure, AvailabilityStatus.AVAILABLE, None), product)

    assert shown.local_date_time_start == "2026-07-14T00:00:00+01:00"
    assert shown.local_date_time_end == "2026-07-15T00:00:00+01:00"
    assert shown.all_day
    hours = json.loads(encode(shown))["openingHours"]
    assert hours == [{"from": "22:00", "to": "02:00"}]
    assert shown.utc_cutoff_at == "2026-07-15T00:00:00Z"
    assert (
        LetterFormats(LanguageChoice.with_default_locale("en")).start(departure, product)
        == "Tuesday, 14 July 2026, open 22:00 to 02:00 on the next day (local time in Lisbon)"
    )


@pytest.mark.parametrize(
    ("typed", "stored_as"),
    [
        ("22:00-02:00", [("22:00", "02:00")]),
        ("00:00–24:00", [("00:00", "24:00")]),
        ("18:00-00:00", [("18:00", "24:00")]),
        ("10:00-13:00, 20:00-02:00", [("10:00", "13:00"), ("20:00", "02:00")]),
        ("10:00-10:00", None),
        ("24:00-02:00", None),
        ("22:00-25:00", None),
        ("22:00-02:00, 03:00-04:00", None),
        ("22:00-02:00, 23:00-01:00", None),
        ("01:00-05:00, 22:00-02:00", None),
        ("10:00-18:00, 17:00-19:00", None),
        ("9:00-18:00", None),
    ],
)
def test_staff_type_it_as_people_write_it(
    typed: str, stored_as: list[tuple[str, str]] | None
) -> None:
    field = OpeningHoursField(required=False)

    if stored_as is None:
        with pytest.raises(ValidationError):
            field.clean(typed)
    else:
        hours = field.clean(typed)
        assert hours == [{"from": opens, "to": closes} for opens, closes in stored_as]
        validation.opening_hours(hours)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("10:00-10:00", "a whole day is 00:00-24:00"),
        ("22:00-25:00", "'25:00' is not a time of day, as in 09:30, or 24:00."),
        ("24:00-02:00", "'24:00' is not a time of day, as in 09:30."),
        ("01:00-05:00, 22:00-02:00", "runs into 01:00 of the next day"),
        ("10:00-18:00, 17:00-19:00", "follow one another"),
    ],
)
def test_what_cannot_be_is_explained(typed: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        OpeningHoursField().clean(typed)

    assert said in _text(refused.value)


def _text(problem: Any) -> str:
    return " ".join(problem.messages)
