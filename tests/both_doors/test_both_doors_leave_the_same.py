"""An action through the admin and through the API leaves the same row, event and refusal."""

from typing import Any

import pytest

from tests.both_doors.doors import House, ThroughTheAdmin, ThroughTheApi

DOORS = [ThroughTheApi(), ThroughTheAdmin()]

Door = ThroughTheApi | ThroughTheAdmin


def through_each_door(house: House, prepare: Any, act: Any) -> list[tuple[Any, ...]]:
    """Prepare a booking for each door, act, and return what is left of each."""
    left = []
    for door in DOORS:
        uuid = prepare(house)
        act(door, house, uuid)
        left.append((house.row(uuid), house.events(uuid), house.reserved(uuid)))
    return left


def held(house: House) -> str:
    return str(house.partner.reserved()["uuid"])


def confirmed(house: House) -> str:
    uuid = held(house)
    ThroughTheApi().confirm(house, uuid)
    return uuid


def test_confirming(house: House) -> None:
    by_partner, by_staff = through_each_door(
        house, held, lambda door, house, uuid: door.confirm(house, uuid)
    )

    assert by_partner == by_staff
    row, events, reserved = by_staff
    assert row["booking"]["status"] == "CONFIRMED"
    assert [name for name, _ in events] == ["booking.confirmed", "booking.reserved"]
    assert reserved == 2


@pytest.mark.parametrize("prepare", [held, confirmed])
def test_cancelling(house: House, prepare: Any) -> None:
    by_partner, by_staff = through_each_door(
        house, prepare, lambda door, house, uuid: door.cancel(house, uuid)
    )

    assert by_partner == by_staff
    row, events, reserved = by_staff
    assert row["booking"]["status"] == "CANCELLED"
    assert row["booking"]["cancellation_reason"] == "rain"
    assert events[-1][0] == "booking.reserved"
    assert [name for name, _ in events].count("booking.cancelled") == 1
    assert reserved == 0


def expired(house: House) -> str:
    uuid = held(house)
    house.change(uuid, "hold_expires_at = now() - interval '1 second'")
    return uuid


def cancelled(house: House) -> str:
    uuid = held(house)
    ThroughTheApi().cancel(house, uuid)
    return uuid


def redeemed(house: House) -> str:
    uuid = confirmed(house)
    house.staff.post(house.admin_page(uuid, "redeem"), admit="all", on_any_day="on")
    assert house.row(uuid)["booking"]["status"] == "REDEEMED"
    return uuid


@pytest.mark.parametrize(
    ("prepare", "action", "words_for_partners", "words_for_staff"),
    [
        (expired, "confirm", "is a hold that has expired", "This hold has expired"),
        (cancelled, "confirm", "uuid is CANCELLED; only", "This booking is cancelled; only"),
        (redeemed, "confirm", "uuid is REDEEMED; only", "This booking is redeemed; only"),
        (expired, "cancel", "be cancelled: it is EXPIRED", "be cancelled: it is expired"),
        (redeemed, "cancel", "a ticket of it was used", "a ticket of it was used"),
    ],
)
def test_refusing(
    house: House, prepare: Any, action: str, words_for_partners: str, words_for_staff: str
) -> None:
    uuid = prepare(house)
    before = house.row(uuid), house.events(uuid), house.reserved(uuid)

    to_partner, to_staff = (getattr(door, action)(house, uuid) for door in DOORS)

    assert words_for_partners in to_partner
    assert words_for_staff in to_staff
    assert (house.row(uuid), house.events(uuid), house.reserved(uuid)) == before


def test_cancelling_again_is_safe_for_partners_and_told_to_staff(house: House) -> None:
    uuid = cancelled(house)
    before = house.row(uuid), house.events(uuid), house.reserved(uuid)

    to_partner, to_staff = (door.cancel(house, uuid) for door in DOORS)

    assert to_partner == ""
    assert "This booking can no longer be cancelled: it is cancelled" in to_staff
    assert (house.row(uuid), house.events(uuid), house.reserved(uuid)) == before


def test_history_names_who_did_it(house: House) -> None:
    by_partner, by_staff = held(house), held(house)

    ThroughTheApi().confirm(house, by_partner)
    ThroughTheAdmin().confirm(house, by_staff)

    assert house.actor(by_partner).keys() == {"api_key", "request_id"}
    assert house.actor(by_staff)["user"] == 1
