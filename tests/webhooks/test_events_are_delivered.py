"""Events reach an endpoint signed, in order, at least once; failures are tried again and shown."""

from typing import Any
from uuid import UUID, uuid4

from standardwebhooks import Webhook

from tests.harness.waiting import eventually
from tests.webhooks.receiver import ACCEPTED, Receiver
from tests.webhooks.stack import Stack


def test_signed_and_in_order_by_type(working: Stack, receiver: Receiver, booking: UUID) -> None:
    endpoint, secret = working.create(receiver.url, types=["booking.changed"])

    working.happen(booking, 1, 2, 3)
    working.happen(booking, 4, kind="booking.cancelled")
    working.happen(booking, 5)

    assert working.delivered(endpoint, 4)
    assert len(receiver.got) == 4
    for got in receiver.got:
        assert Webhook(secret).verify(got.body, got.headers) == got.json
        assert got.id == got.json["id"]
        assert got.json["type"] == "booking.changed"
        assert got.headers["content-type"] == "application/json"
    positions = [got.json["position"] for got in receiver.got]
    assert positions == sorted(positions)
    (newest, *_) = working.deliveries(endpoint)
    shown = working.call("GET", f"/{endpoint}/deliveries/{newest['id']}").body
    assert [attempt["status"] for attempt in shown["attempts"]] == [204]


def test_what_fails_is_tried_again_with_its_booking_behind_it(
    working: Stack, receiver: Receiver, booking: UUID
) -> None:
    endpoint, _ = working.create(receiver.url)
    refusals = iter([True, True])

    def answer(got: Any) -> tuple[int, dict[str, str], bytes]:
        if got.json["data"]["bookingUuid"] == str(booking) and next(refusals, False):
            return 503, {}, b"busy \x00" + b"x" * 5000
        return ACCEPTED

    receiver.answer = answer
    other = uuid4()
    working.happen(booking, 1, 2)
    working.happen(other, 3)

    assert working.delivered(endpoint, 3)
    of_booking = [got.id for got in receiver.got if got.json["data"]["bookingUuid"] == str(booking)]
    assert of_booking[:3] == [of_booking[0]] * 3
    assert len(of_booking) == 4
    shown = working.call("GET", f"/{endpoint}/deliveries/{of_booking[0]}").body
    assert [attempt["status"] for attempt in shown["attempts"]] == [204, 503, 503]
    answered = shown["attempts"][1]["answer"]
    assert answered.startswith("busy �xxx")
    assert len(answered) == 2048


def test_an_event_that_fails_for_ever_is_a_gap_and_can_be_replayed(
    working: Stack, receiver: Receiver, booking: UUID
) -> None:
    endpoint, _ = working.create(receiver.url)
    bad: list[str] = []

    def answer(got: object) -> tuple[int, dict[str, str], bytes]:
        bad or bad.append(got.id)  # type: ignore[attr-defined, func-returns-value]
        return (500, {}, b"") if got.id == bad[0] else ACCEPTED  # type: ignore[attr-defined]

    receiver.answer = answer
    working.happen(booking, 1, 2)

    assert working.delivered(endpoint, 1)
    (gap,) = working.deliveries(endpoint, state="passed_over")
    assert (gap["id"], gap["attempts"], gap["lastStatus"]) == (bad[0], 4, 500)

    receiver.answer = lambda got: ACCEPTED
    again = working.call("POST", f"/{endpoint}/deliveries/{gap['id']}/replay")
    assert (again.status, again.body["state"]) == (202, "waiting")
    assert working.delivered(endpoint, 2)
    assert receiver.got[-1].id == gap["id"]

    until = working.get(endpoint)["position"]
    order = {"after": gap["position"] - 1, "until": until}
    before = len(receiver.got)
    assert working.call("POST", f"/{endpoint}/replay", order).status == 202
    receiver.wait_for(before + 2)
    assert eventually(lambda: working.get(endpoint)["replaysUntil"] is None)
    assert [got.id for got in receiver.got[before:]][:1] == [gap["id"]]
    order["until"] = until + 1000
    assert working.call("POST", f"/{endpoint}/replay", order).status == 422


def test_410_disables_until_it_is_enabled_again(
    working: Stack, receiver: Receiver, booking: UUID
) -> None:
    endpoint, _ = working.create(receiver.url)
    receiver.answer = lambda got: (410, {}, b"gone")
    working.happen(booking, 1)

    assert eventually(lambda: working.get(endpoint)["disabledBy"] == "gone")
    working.happen(booking, 2)
    receiver.answer = lambda got: ACCEPTED
    assert working.call("POST", f"/{endpoint}/enable", {}).body["status"] == "enabled"

    assert working.delivered(endpoint, 2)
    positions = [got.json["position"] for got in receiver.got]
    assert positions == [positions[0], positions[0], positions[-1]]


def test_a_sample_is_sent_now_and_shows_what_came_back(working: Stack, receiver: Receiver) -> None:
    endpoint, secret = working.create(receiver.url)
    receiver.answer = lambda got: (302, {"Location": "http://127.0.0.1:1/"}, b"over there")

    sent = working.call("POST", f"/{endpoint}/test", {"type": "departure.sold_out"})

    assert sent.status == 202
    path = f"/{endpoint}/deliveries/{sent.body['id']}"
    assert eventually(lambda: working.call("GET", path).body["delivery"]["state"] != "waiting")
    (attempt,) = working.call("GET", path).body["attempts"]
    assert (attempt["status"], attempt["problem"], attempt["answer"]) == (
        302, "redirect", "over there",
    )  # fmt: skip
    (got,) = receiver.got
    assert Webhook(secret).verify(got.body, got.headers)["type"] == "departure.sold_out"
