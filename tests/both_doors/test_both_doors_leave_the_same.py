"""An action through the admin and through the API leaves the same row, event and refusal."""

from typing import Any

import pytest

from tests.both_doors.doors import Stack, ThroughTheAdmin, ThroughTheApi

DOORS = [ThroughTheApi(), ThroughTheAdmin()]

Door = ThroughTheApi | ThroughTheAdmin


def through_each_door(stack: Stack, prepare: Any, act: Any) -> list[tuple[Any, ...]]:
    """Prepare a booking for each door, act, and return what is left of each."""
    left = []
    for door in DOORS:
        uuid = prepare(stack)
        act(door, stack, uuid)
        left.append((stack.row(uuid), stack.events(uuid), stack.reserved(uuid)))
    return left


def held(stack: Stack) -> str:
    return str(stack.partner.reserved()["uuid"])


def confirmed(stack: Stack) -> str:
    uuid = held(stack)
    ThroughTheApi().confirm(stack, uuid)
    return uuid


def test_confirming(stack: Stack) -> None:
    by_partner, by_staff = through_each_door(
        stack, held, lambda door, stack, uuid: door.confirm(stack, uuid)
    )

    assert by_partner == by_staff
    row, events, reserved = by_staff
    assert row["booking"]["status"] == "CONFIRMED"
    assert [name for name, _ in events] == ["booking.confirmed", "booking.reserved"]
    assert reserved == 2


@pytest.mark.parametrize("prepare", [held, confirmed])
def test_cancelling(stack: Stack, prepare: Any) -> None:
    by_partner, by_staff = through_each_door(
        stack, prepare, lambda door, stack, uuid: door.cancel(stack, uuid)
    )

    assert by_partner == by_staff
    row, events, reserved = by_staff
    assert row["booking"]["status"] == "CANCELLED"
    assert row["booking"]["cancellation_reason"] == "rain"
    assert events[-1][0] == "booking.reserved"
    assert [name for name, _ in events].count("booking.cancelled") == 1
    assert reserved == 0


def expired(stack: Stack) -> str:
    uuid = held(stack)
    stack.change(uuid, "hold_expires_at = now() - interval '1 second'")
    return uuid


def cancelled(stack: Stack) -> str:
    uuid = held(stack)
    ThroughTheApi().cancel(stack, uuid)
    return uuid


def redeemed(stack: Stack) -> str:
    uuid = confirmed(stack)
    stack.staff.post(stack.admin_page(uuid, "redeem"), admit="all", on_any_day="on")
    assert stack.row(uuid)["booking"]["status"] == "REDEEMED"
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
    stack: Stack, prepare: Any, action: str, words_for_partners: str, words_for_staff: str
) -> None:
    uuid = prepare(stack)
    before = stack.row(uuid), stack.events(uuid), stack.reserved(uuid)

    to_partner, to_staff = (getattr(door, action)(stack, uuid) for door in DOORS)

    assert words_for_partners in to_partner
    assert words_for_staff in to_staff
    assert (stack.row(uuid), stack.events(uuid), stack.reserved(uuid)) == before


def test_cancelling_again_is_safe_for_partners_and_told_to_staff(stack: Stack) -> None:
    uuid = cancelled(stack)
    before = stack.row(uuid), stack.events(uuid), stack.reserved(uuid)

    to_partner, to_staff = (door.cancel(stack, uuid) for door in DOORS)

    assert to_partner == ""
    assert "This booking can no longer be cancelled: it is cancelled" in to_staff
    assert (stack.row(uuid), stack.events(uuid), stack.reserved(uuid)) == before


def test_history_names_who_did_it(stack: Stack) -> None:
    by_partner, by_staff = held(stack), held(stack)

    ThroughTheApi().confirm(stack, by_partner)
    ThroughTheAdmin().confirm(stack, by_staff)

    assert stack.actor(by_partner).keys() == {"api_key", "request_id"}
    assert stack.actor(by_staff)["user"] == 1
