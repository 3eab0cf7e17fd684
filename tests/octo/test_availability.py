"""What is free is told by slot and by day, in the product's own time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.harness.clients import OctoClient, a_day, a_slot, slot_on


def slots(partner: OctoClient, day: str, product: str = "river-kayak", **different: Any) -> Any:
    question = {"productId": product, "optionId": "DEFAULT", "localDate": day} | different
    return partner.post("/octo/availability", question).body


def test_each_departure_is_a_slot(partner: OctoClient) -> None:
    day = a_day()

    morning, afternoon = slots(partner, day)

    assert (morning["id"], afternoon["id"]) == (slot_on(day), slot_on(day, "14:00"))
    assert morning["localDateTimeStart"] == morning["id"]
    assert morning["localDateTimeEnd"][11:16] == "11:30"
    assert morning["allDay"] is False
    assert (morning["status"], morning["available"]) == ("AVAILABLE", True)
    assert (morning["vacancies"], morning["capacity"], morning["maxUnits"]) == (12, 12, 8)
    assert morning["utcCutoffAt"].endswith(":30:00Z")
    assert morning["openingHours"] == []


def test_a_day_of_opening_hours_is_a_slot(partner: OctoClient) -> None:
    day = a_day()

    (slot,) = slots(partner, day, "city-museum")

    assert slot["allDay"] is True
    assert slot["localDateTimeStart"] == slot_on(day, "00:00")
    assert slot["openingHours"] == [
        {"from": "10:00", "to": "13:00"},
        {"from": "14:00", "to": "18:00"},
    ]


def test_a_slot_without_a_limit_is_freesale(partner: OctoClient) -> None:
    (slot,) = slots(partner, a_day(), "open-ticket")

    assert (slot["status"], slot["available"]) == ("FREESALE", True)
    assert slot["vacancies"] is slot["capacity"] is slot["maxUnits"] is None


def test_a_calendar_that_was_asked_for_before_shows_what_has_changed(partner: OctoClient) -> None:
    day = a_day()
    question = {"productId": "river-kayak", "optionId": "DEFAULT"}
    question |= {"localDateStart": day, "localDateEnd": day}

    def ask(**different: Any) -> Any:
        (shown,) = partner.post("/octo/availability/calendar", question | different).body
        return shown

    before, again = ask(), ask()
    for start in ("09:30", "14:00"):
        partner.reserved(slot_on(day, start), unitItems=[{"unitId": "family"}] * 2)
    after, for_a_party = ask(), ask(units=[{"id": "family", "quantity": 2}])

    assert again == before
    assert (before["status"], before["vacancies"]) == ("AVAILABLE", 12)
    assert after == before | {"status": "LIMITED", "vacancies": 4}
    assert for_a_party["status"] == "SOLD_OUT"


def test_holds_count_as_taken(partner: OctoClient) -> None:
    slot = a_slot()
    partner.reserved(slot, unitItems=[{"unitId": "family"}, {"unitId": "family"}])

    limited = slots(partner, slot[:10])[0]
    partner.reserved(slot, unitItems=[{"unitId": "family"}])
    full = slots(partner, slot[:10])[0]

    assert (limited["status"], limited["vacancies"]) == ("LIMITED", 4)
    assert (full["status"], full["vacancies"], full["available"]) == ("SOLD_OUT", 0, False)


def test_a_party_that_does_not_fit_sees_a_sold_out_slot(partner: OctoClient) -> None:
    day = a_day()

    alone = slots(partner, day, units=[{"id": "child", "quantity": 1}])[0]
    crowd = slots(partner, day, units=[{"id": "family", "quantity": 1_000_000}])[0]
    party = slots(partner, day, units=[{"id": "adult", "quantity": 2}])[0]

    assert (alone["status"], alone["available"], alone["vacancies"]) == ("SOLD_OUT", False, 12)
    assert crowd["status"] == "SOLD_OUT"
    assert party["status"] == "AVAILABLE"


def test_ids_that_do_not_exist_are_left_out(partner: OctoClient) -> None:
    slot = a_slot()
    question = {
        "productId": "river-kayak", "optionId": "DEFAULT",
        "availabilityIds": [slot, "never", slot],
    }  # fmt: skip

    found = partner.post("/octo/availability", question).body

    assert [found_slot["id"] for found_slot in found] == [slot]


def test_a_range_of_dates_has_all_its_slots_in_order(partner: OctoClient) -> None:
    first = a_day()
    last = (date.fromisoformat(first) + timedelta(days=6)).isoformat()
    question = {
        "productId": "river-kayak", "optionId": "DEFAULT",
        "localDateStart": first, "localDateEnd": last,
    }  # fmt: skip

    found = [
        slot["localDateTimeStart"] for slot in partner.post("/octo/availability", question).body
    ]

    assert len(found) == 14
    assert found == sorted(found)


def test_the_calendar_has_every_date_of_a_year_once(partner: OctoClient) -> None:
    first = date.fromisoformat(a_day())
    last = first + timedelta(days=365)
    question = {
        "productId": "river-kayak", "optionId": "DEFAULT",
        "localDateStart": first.isoformat(), "localDateEnd": last.isoformat(),
    }  # fmt: skip

    days = partner.post("/octo/availability/calendar", question).body

    dates = [day["localDate"] for day in days]
    assert dates == [
        (first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)
    ]
    assert (days[0]["capacity"], days[0]["vacancies"]) == (24, 12)
    assert days[-1]["status"] in ("AVAILABLE", "CLOSED")


def test_offsets_follow_summer_time(partner: OctoClient) -> None:
    """Wherever the coming year changes its clocks, a day of opening hours shows both offsets."""
    today = datetime.now(UTC).date()
    sundays = (
        date(today.year + year, month, 31 - (date(today.year + year, month, 31).weekday() + 1) % 7)
        for year in (0, 1)
        for month in (3, 10)
    )
    change = next(sunday for sunday in sundays if sunday > today)

    (slot,) = slots(partner, change.isoformat(), "city-museum")

    offsets = (slot["localDateTimeStart"][-6:], slot["localDateTimeEnd"][-6:])
    assert offsets in {("+00:00", "+01:00"), ("+01:00", "+00:00")}
