"""Where a partner asks for e-mails, its own changes and cancellations by API owe the guest one."""

from typing import Any

import psycopg
import pytest

from tests.harness.clients import CLARA, OctoClient
from tests.octo.edge import Edge

WITH_MAIL = {"contact": CLARA, "emailReceipt": True}


def owed(edge: Edge, booking: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Return what the log of messages owes the guest of a booking."""
    with psycopg.connect(edge.database.owner_url) as owner:
        return owner.execute(
            "SELECT message.kind, message.outcome, message.due_at IS NOT NULL"
            "  FROM bookings_guestmail AS message"
            "  JOIN bookings_booking AS booking ON booking.id = message.booking_id"
            " WHERE booking.uuid = %s",
            [booking["uuid"]],
        ).fetchall()


def sent_tickets(edge: Edge, booking: dict[str, Any]) -> None:
    """Do as the worker does when it has sent the tickets."""
    with psycopg.connect(edge.database.owner_url) as owner:
        owner.execute(
            "UPDATE bookings_booking SET tickets_due_at = NULL, tickets_sent_at = now()"
            " WHERE uuid = %s",
            [booking["uuid"]],
        )


def are_tickets_due(edge: Edge, booking: dict[str, Any]) -> bool:
    with psycopg.connect(edge.database.owner_url) as owner:
        rows = owner.execute(
            "SELECT tickets_due_at IS NOT NULL FROM bookings_booking WHERE uuid = %s",
            [booking["uuid"]],
        )
        return bool(rows.fetchall()[0][0])


def confirmed_with(partner: OctoClient, body: dict[str, Any]) -> dict[str, Any]:
    held = partner.reserved()
    return dict(partner.post(f"/octo/bookings/{held['uuid']}/confirm", body).body)


def test_a_cancellation_is_owed_once(edge: Edge, partner: OctoClient) -> None:
    booking = confirmed_with(partner, WITH_MAIL)
    address = f"/octo/bookings/{booking['uuid']}/cancel"

    answers = [partner.post(address, {}) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert owed(edge, booking) == [("CANCELLED", "WAITING", True)]


@pytest.mark.parametrize(
    "body", [{"contact": CLARA}, {"contact": {"fullName": "Clara Duarte"}, "emailReceipt": True}]
)
def test_no_other_guest_is_written_to(
    edge: Edge, partner: OctoClient, body: dict[str, Any]
) -> None:
    booking = confirmed_with(partner, body)

    cancelled = partner.post(f"/octo/bookings/{booking['uuid']}/cancel", {})

    assert (cancelled.status, owed(edge, booking)) == (200, [])


def test_a_hold_was_promised_to_no_guest(edge: Edge, partner: OctoClient) -> None:
    held = partner.reserved(**WITH_MAIL)

    cancelled = partner.post(f"/octo/bookings/{held['uuid']}/cancel", {})

    assert (cancelled.status, owed(edge, held)) == (200, [])


def test_a_repeat_does_not_tell_whom_staff_chose_not_to(edge: Edge, partner: OctoClient) -> None:
    booking = confirmed_with(partner, WITH_MAIL)
    with psycopg.connect(edge.database.owner_url) as owner:
        owner.execute(
            "UPDATE bookings_booking SET status = 'CANCELLED', cancelled_at = now(),"
            " cancellation_refund = 'FULL', cancellation_initiator = 'SUPPLIER',"
            " refund_retail_minor = retail_minor, refund_net_minor = net_minor WHERE uuid = %s",
            [booking["uuid"]],
        )

    again = partner.post(f"/octo/bookings/{booking['uuid']}/cancel", {})

    assert (again.status, owed(edge, booking)) == (200, [])


def test_a_change_has_the_tickets_sent_again(edge: Edge, partner: OctoClient) -> None:
    booking = confirmed_with(partner, WITH_MAIL)
    sent_tickets(edge, booking)

    changed = partner.patch(
        f"/octo/bookings/{booking['uuid']}", {"unitItems": [{"unitId": "adult"}]}
    )

    assert changed.status == 200, changed.body
    assert are_tickets_due(edge, booking)
