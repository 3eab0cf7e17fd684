"""A worker that is killed while it sends loses nothing: all goes out again, in order."""

from uuid import UUID

from tests.harness.waiting import eventually
from tests.webhooks.receiver import Receiver
from tests.webhooks.stack import Stack, worker
from tests.webhooks.test_notifications_are_sent import delivered, subscribe

#: What the clock does to the claims of a worker that has gone, a minute later.
RUN_OUT = "UPDATE {} SET due_at = now() WHERE claim IS NOT NULL"


def test_while_it_waits_for_an_answer(stack: Stack, receiver: Receiver, booking: UUID) -> None:
    endpoint, _ = stack.create(receiver.url, types=["booking.changed"])
    receiver.hangs.set()
    with worker(stack) as doomed:
        stack.happen(booking, 1, 2, 3)
        assert eventually(lambda: receiver.hanging >= 1)
        doomed.kill()
        doomed.wait()
    lost = receiver.got[0]
    assert stack.deliveries(endpoint) == []
    receiver.hangs.clear()
    receiver.released.set()

    stack.rows.execute(RUN_OUT.format("webhooks_queue"))
    with worker(stack):
        assert stack.delivered(endpoint, 3)

    positions = [got.json["position"] for got in receiver.got]
    assert receiver.got[1].id == lost.id
    assert positions == [positions[0], *sorted(set(positions))]
    assert len(set(positions)) == 3


def test_while_it_sends_a_notification(stack: Stack, receiver: Receiver, booking: UUID) -> None:
    mine = subscribe(stack, receiver.url, "BOOKING_UPDATE")
    receiver.hangs.set()
    with worker(stack) as doomed:
        stack.happen(booking, 1)
        assert eventually(lambda: receiver.hanging >= 1)
        doomed.kill()
        doomed.wait()
    lost = receiver.got[0].json["id"]
    receiver.hangs.clear()
    receiver.released.set()

    stack.rows.execute(RUN_OUT.format("notifications_queue"))
    stack.happen(booking, 2)
    with worker(stack):
        assert eventually(lambda: delivered(stack, mine) == 2)

    ids = [got.json["id"] for got in receiver.got]
    assert ids.count(lost) == 2
    assert len(ids) == 3
