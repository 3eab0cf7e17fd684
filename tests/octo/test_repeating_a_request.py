"""What may be repeated when an answer was lost, and what a repeat does."""

from datetime import datetime
from typing import Any

from tests.octo.api import CLARA, Program, a_slot


def minutes_held(booking: Any) -> float:
    created, expires = (
        datetime.fromisoformat(booking[key]) for key in ("utcCreatedAt", "utcExpiresAt")
    )
    return (expires - created).total_seconds() / 60


def test_cancelling_again_returns_the_booking_as_it_is(partner: Program) -> None:
    path = f"/octo/bookings/{partner.confirmed()['uuid']}/cancel"
    cancelled = partner.post(path, {"reason": "Guest fell ill"})

    for body in ({"reason": "Guest fell ill"}, {"reason": "Other", "force": True}, None):
        again = partner.post(path, body)
        assert (again.status, again.body) == (200, cancelled.body)


def test_a_cancelled_hold_can_be_cancelled_again_too(partner: Program) -> None:
    slot = a_slot()
    path = f"/octo/bookings/{partner.reserved(slot)['uuid']}/cancel"
    cancelled = partner.post(path)

    again = partner.post(path)

    assert (again.status, again.body) == (200, cancelled.body)
    assert partner.vacancies(slot) == 12


def test_another_partner_cannot_repeat_it(partner: Program, rival: Program) -> None:
    path = f"/octo/bookings/{partner.reserved()['uuid']}/cancel"
    partner.post(path)

    answer = rival.post(path)

    assert (answer.status, answer.error) == (400, "INVALID_BOOKING_UUID")


def test_what_was_cancelled_is_not_changed_or_confirmed(partner: Program) -> None:
    path = f"/octo/bookings/{partner.confirmed()['uuid']}"
    partner.post(f"{path}/cancel")

    for answer in (
        partner.post(f"{path}/confirm", {"contact": CLARA}),
        partner.post(f"{path}/extend"),
        partner.patch(path, {"notes": "late"}),
    ):
        assert (answer.status, answer.error) == (400, "UNPROCESSABLE_ENTITY")
