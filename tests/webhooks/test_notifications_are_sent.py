"""OCTO's notifications tell partners what to fetch again: at least once, of what is theirs."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from tests.harness.clients import OctoClient, a_slot, request_once, slot_on
from tests.harness.waiting import eventually
from tests.webhooks.receiver import ACCEPTED, Got, Receiver
from tests.webhooks.stack import Stack

PATH = "/octo/notifications/subscriptions"


def subscribe(
    stack: Stack, url: str, *kinds: str, key: str = "", headers: dict[str, str] | None = None
) -> str:
    wanted = {"url": url, "notificationTypes": kinds, "headers": headers or {}}
    answer = request_once(stack.port, "POST", PATH, wanted, key=key or stack.keys.live)
    assert answer.status == 200, answer.text
    subscription: str = answer.body["id"]
    return subscription


def state_of(stack: Stack, subscription: str) -> list[tuple[Any, ...]]:
    """Return the state, attempts and last answer of each notification, the oldest first."""
    return stack.rows.execute(
        "SELECT state, attempts, last_status FROM notifications_notification"
        " WHERE subscription_id = %s ORDER BY id",
        [subscription],
    ).fetchall()


def told(got: Got) -> tuple[str, dict[str, str]]:
    return got.json["notificationType"], got.json["data"]


def test_of_its_own_bookings_with_its_headers(
    working: Stack, receiver: Receiver, booking: UUID
) -> None:
    with Receiver() as rivals, Receiver() as tests:
        subscribe(working, rivals.url, "BOOKING_UPDATE", key=working.keys.rival)
        testing = OctoClient(working.port, working.keys.test)
        in_tests = subscribe(working, tests.url, "BOOKING_UPDATE", key=working.keys.test)
        mine = subscribe(
            working, receiver.url, "BOOKING_UPDATE", headers={"Authorization": "Bearer a"}
        )
        tested = testing.reserved(a_slot())
        working.happen(booking, 1)

        (got, *_) = receiver.wait_for(1)
        (got_in_tests, *_) = tests.wait_for(1)
        assert eventually(lambda: state_of(working, mine) == [("delivered", 1, 204)])
        assert eventually(lambda: state_of(working, in_tests) == [("delivered", 1, 204)])
        path = f"{PATH}/{in_tests}"
        assert request_once(working.port, "DELETE", path, key=working.keys.test).status == 200

    assert told(got_in_tests) == ("BOOKING_UPDATE", {"uuid": tested["uuid"]})
    assert told(got) == ("BOOKING_UPDATE", {"uuid": str(booking)})
    assert got.json["subscriptionId"] == mine
    assert set(got.json) == {"id", "subscriptionId", "notificationType", "utcCreatedAt", "data"}
    assert datetime.fromisoformat(got.json["utcCreatedAt"]) <= datetime.now(UTC)
    assert (got.headers["authorization"], got.headers["content-type"]) == (
        "Bearer a", "application/json",
    )  # fmt: skip
    assert not rivals.got
    assert len(receiver.got) == len(tests.got) == 1


def test_of_places_that_others_take_once_a_second_with_all_days(
    working: Stack, receiver: Receiver
) -> None:
    mine = subscribe(working, receiver.url, "AVAILABILITY_UPDATE")
    rival = OctoClient(working.port, working.keys.rival)
    first = datetime.now(UTC).date() + timedelta(days=330)
    days = [str(first + timedelta(days=number)) for number in range(6)]

    bookings = [rival.reserved(slot_on(day)) for day in days]
    assert eventually(lambda: days_told(receiver) == (days[0], days[-1]))
    before = len(receiver.got)
    moved = {"availabilityId": slot_on(days[1], "14:00")}
    assert rival.patch(f"/octo/bookings/{bookings[5]['uuid']}", moved).status == 200
    assert eventually(lambda: days_told(receiver, before) == (days[1], days[5]))

    assert {told(got)[0] for got in receiver.got} == {"AVAILABILITY_UPDATE"}
    assert {told(got)[1]["productId"] for got in receiver.got} == {"river-kayak"}
    attempts = working.rows.execute(
        "SELECT attempt.at FROM notifications_notificationattempt AS attempt"
        " JOIN notifications_notification AS told ON told.id = attempt.notification_id"
        " WHERE told.subscription_id = %s ORDER BY attempt.at",
        [mine],
    ).fetchall()
    gaps = [later - earlier for (earlier,), (later,) in pairwise(attempts)]
    assert all(gap >= timedelta(seconds=1) for gap in gaps), gaps


def days_told(receiver: Receiver, begin: int = 0) -> tuple[str, str] | None:
    """Return the first and the last day that were told, of all notifications together."""
    data = [told(got)[1] for got in receiver.got[begin:]]
    if not data:
        return None
    return min(one["localDateStart"] for one in data), max(one["localDateEnd"] for one in data)


def test_of_products_that_it_may_sell(working: Stack, receiver: Receiver) -> None:
    with Receiver() as rivals:
        subscribe(working, receiver.url, "PRODUCT_UPDATE")
        subscribe(working, rivals.url, "PRODUCT_UPDATE", key=working.keys.rival)
        for product in ("city-museum", "river-kayak"):
            working.rows.execute(
                "UPDATE catalog_product SET reference = reference || '.' WHERE code = %s", [product]
            )

        def products_told(to: Receiver) -> set[str]:
            """Each at least once, and so perhaps twice."""
            assert {told(got)[0] for got in to.got} <= {"PRODUCT_UPDATE"}
            return {told(got)[1]["productId"] for got in to.got}

        assert eventually(lambda: products_told(receiver) == {"city-museum", "river-kayak"})
        assert eventually(lambda: products_told(rivals) == {"river-kayak"})


def test_a_failing_server_is_tried_again_and_what_happens_meanwhile_is_taken_in(
    working: Stack, receiver: Receiver, booking: UUID
) -> None:
    mine = subscribe(working, receiver.url, "BOOKING_UPDATE")
    with Receiver() as healthy:
        receiver.hangs.set()
        hanging = subscribe(working, receiver.url, "BOOKING_UPDATE")
        subscribe(working, healthy.url, "BOOKING_UPDATE")
        working.happen(booking, 1)
        assert eventually(lambda: receiver.hanging == 2)
        # What hangs delays no other subscription.
        healthy.wait_for(1)
        # In one transaction, so that both are told as soon as one of them is.
        with working.rows.transaction():
            working.happen(booking, 2, 3)
        healthy.wait_for(2)

    refusals = iter([True, True])
    receiver.answer = lambda got: (503, {}, b"") if next(refusals, False) else ACCEPTED
    receiver.hangs.clear()
    receiver.released.set()

    for subscription in (mine, hanging):
        assert eventually(lambda of=subscription: delivered(working, of) == 2)
    ids = [got.json["id"] for got in receiver.got]
    # Each of the two failed once, and was sent again with the same id; the other is one for all.
    assert len(ids) == 6
    assert len(set(ids)) == 4


def delivered(stack: Stack, subscription: str) -> int:
    return [state for state, *_ in state_of(stack, subscription)].count("delivered")


def test_410_disables_until_a_patch_and_a_removed_one_hears_nothing(
    working: Stack, receiver: Receiver, booking: UUID
) -> None:
    def disabled_by(subscription: str) -> str:
        (found,) = working.rows.execute(
            "SELECT disabled_by FROM notifications_subscription WHERE id = %s", [subscription]
        ).fetchone() or ("",)
        return str(found)

    mine = subscribe(working, receiver.url, "BOOKING_UPDATE")
    with Receiver() as other:
        removed = subscribe(working, other.url, "BOOKING_UPDATE")
        receiver.answer = lambda got: (410, {}, b"")
        working.happen(booking, 1)
        assert eventually(lambda: disabled_by(mine) == "gone")
        other.wait_for(1)
        deleted = request_once(working.port, "DELETE", f"{PATH}/{removed}", key=working.keys.live)
        assert deleted.status == 200

        receiver.answer = lambda got: ACCEPTED
        changed = request_once(
            working.port, "PATCH", f"{PATH}/{mine}", {"headers": {}}, key=working.keys.live
        )
        assert changed.status == 200
        assert disabled_by(mine) == ""
        working.happen(booking, 2)
        assert eventually(lambda: delivered(working, mine) == 2)
        assert len(other.got) == 1
