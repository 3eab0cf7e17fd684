"""A guest is expected, late, checked in or a no-show; marks are undone within a day."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared_domain.bookings import NO_CONTACT, BookingId, BookingStatus
from shared_domain.manifest import (
    Attendance,
    Guest,
    GuestNotOnManifest,
    GuestParty,
    Manifest,
    Mark,
    MarkFinal,
    MarkKind,
    NoShowTooEarly,
    NotMarkable,
    Waiting,
    is_checked_in_late,
)
from shared_domain.manifest.model import MARK_UNDO_WINDOW
from shared_domain.partners import Access
from tests.domain.samples import ALICE, ONE_SECOND, STARTS_AT

AFTER_START = STARTS_AT + timedelta(minutes=10)
LATE = Mark(MarkKind.LATE, STARTS_AT - timedelta(minutes=5), "ana")
NO_SHOW = Mark(MarkKind.NO_SHOW, AFTER_START, "ana")


def make_guest(**changes: Any) -> Guest:
    values: dict[str, Any] = {
        "uuid": uuid4(),
        "unit_name": "Adult",
        "pax_count": 1,
        "ticket": "PT-1-1",
        "contact": NO_CONTACT,
        "redeemed_at": None,
        "mark": None,
    }
    return Guest(**values | changes)


def make_party(*guests: Guest, status: BookingStatus = BookingStatus.CONFIRMED) -> GuestParty:
    return GuestParty(
        id=BookingId(1),
        uuid=UUID(int=1),
        access=Access(partner_id=ALICE, test_mode=False),
        partner_name="Alice",
        reference="PT-1",
        status=status,
        contact=NO_CONTACT,
        notes=None,
        pickup_hotel=None,
        pickup_time=None,
        departs_at=STARTS_AT,
        time_zone="Europe/Lisbon",
        guests=guests or (make_guest(),),
    )


@pytest.mark.parametrize(
    ("guest", "attendance"),
    [
        (make_guest(), Attendance.EXPECTED),
        (make_guest(mark=LATE), Attendance.LATE),
        (make_guest(mark=NO_SHOW), Attendance.NO_SHOW),
        (make_guest(redeemed_at=STARTS_AT), Attendance.CHECKED_IN),
        (make_guest(redeemed_at=AFTER_START, mark=NO_SHOW), Attendance.CHECKED_IN),
    ],
)
def test_a_redeemed_ticket_counts_before_what_was_noted(
    guest: Guest, attendance: Attendance
) -> None:
    assert guest.attendance is attendance


def test_no_guest_is_a_no_show_before_the_start() -> None:
    party = make_party()
    guest = party.guests[0]

    with pytest.raises(NoShowTooEarly) as refused:
        party.guests_to_mark(MarkKind.NO_SHOW, guest.uuid, now=STARTS_AT - ONE_SECOND)

    assert refused.value.known_from == STARTS_AT
    assert party.guests_to_mark(MarkKind.NO_SHOW, guest.uuid, now=STARTS_AT) == (guest,)


def test_a_guest_may_be_late_before_the_start() -> None:
    party = make_party()

    assert party.guests_to_mark(MarkKind.LATE, None, now=LATE.at) == party.guests


def test_marking_the_same_twice_changes_nothing() -> None:
    party = make_party(make_guest(mark=NO_SHOW))

    assert party.guests_to_mark(MarkKind.NO_SHOW, party.guests[0].uuid, now=AFTER_START) == ()


@pytest.mark.parametrize("age", [timedelta(0), MARK_UNDO_WINDOW])
def test_a_no_show_becomes_late_only_while_the_mark_can_be_undone(age: timedelta) -> None:
    party = make_party(make_guest(mark=NO_SHOW))
    ticket, now = party.guests[0].uuid, AFTER_START + age

    if not age:
        assert party.guests_to_mark(MarkKind.LATE, ticket, now=now) == party.guests
    else:
        with pytest.raises(MarkFinal):
            party.guests_to_mark(MarkKind.LATE, ticket, now=now)


def test_a_whole_party_is_marked_but_for_those_who_came() -> None:
    came, late, missing = make_guest(redeemed_at=STARTS_AT), make_guest(mark=LATE), make_guest()

    marked = make_party(came, late, missing).guests_to_mark(MarkKind.NO_SHOW, None, now=AFTER_START)

    assert marked == (late, missing)


def test_who_is_checked_in_is_not_marked() -> None:
    came = make_guest(redeemed_at=STARTS_AT)

    with pytest.raises(NotMarkable):
        make_party(came).guests_to_mark(MarkKind.LATE, came.uuid, now=AFTER_START)


@pytest.mark.parametrize("status", [BookingStatus.PENDING, BookingStatus.CANCELLED])
def test_only_guests_of_confirmed_bookings_are_marked(status: BookingStatus) -> None:
    with pytest.raises(NotMarkable):
        make_party(status=status).guests_to_mark(MarkKind.LATE, None, now=AFTER_START)


def test_a_mark_is_undone_within_a_day() -> None:
    party = make_party(make_guest(mark=NO_SHOW))
    a_day_later = NO_SHOW.at + timedelta(days=1)

    assert party.guests_to_unmark(None, now=a_day_later - ONE_SECOND) == party.guests
    with pytest.raises(MarkFinal):
        party.guests_to_unmark(None, now=a_day_later)


def test_another_partys_ticket_is_not_found() -> None:
    with pytest.raises(GuestNotOnManifest):
        make_party().find(uuid4())


@pytest.mark.parametrize(
    ("redeemed_at", "mark", "is_late"),
    [
        (STARTS_AT, None, False),
        (STARTS_AT + ONE_SECOND, None, True),
        (STARTS_AT, LATE, True),
        (None, LATE, False),
    ],
)
def test_a_late_arrival_stays_on_record(redeemed_at: Any, mark: Any, is_late: bool) -> None:
    guest = replace(make_guest(), redeemed_at=redeemed_at, mark=mark)

    assert is_checked_in_late(guest, departs_at=STARTS_AT) is is_late


def test_the_driver_goes_from_place_to_place_by_time() -> None:
    def waiting_at(place: str | None, time: str | None) -> GuestParty:
        return replace(make_party(), pickup_hotel=place, pickup_time=time)

    parties = (
        waiting_at("Ritz", None),
        waiting_at("Hotel do Chiado", "08:30"),
        waiting_at("Avenida", "08:00"),
        waiting_at("hotel do chiado", "08:30"),
        waiting_at(None, None),
        replace(waiting_at("Ritz", "07:00"), status=BookingStatus.PENDING),
    )
    manifest = Manifest(counts=(), waiting=Waiting(0, 0, 0, 0), parties=parties)

    assert [(stop.time, stop.hotel, stop.heads) for stop in manifest.pickups] == [
        ("08:00", "Avenida", 1),
        ("08:30", "Hotel do Chiado", 2),
        (None, "Ritz", 1),
    ]
