"""An endpoint gets messages of one booking in order, and a failure delays its own only."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared_domain.events import PublishedType
from shared_domain.webhooks import (
    AttemptOutcome,
    AttemptProblem,
    DeliveryState,
    DisabledBy,
    Health,
    Message,
    Run,
    Settled,
    next_attempt_at,
)

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)

HELD_BACK = Health(failures=5, failing_since=NOW - timedelta(hours=1), resume_at=NOW)


def a_message(position: int, booking: str, **different: object) -> Message:
    message = Message(
        message_id=f"evt_{position}",
        position=position,
        subject=booking,
        type=PublishedType.BOOKING_CHANGED,
        booking_uuid=None,
    )
    return replace(message, **different)


def answer(run: Run, message: Message, status: int, **told: timedelta) -> None:
    is_accepted = status == 200
    problem = AttemptProblem.NONE if is_accepted else AttemptProblem.STATUS
    took = timedelta(seconds=12)
    outcome = AttemptOutcome(
        at=NOW - took, status=status, problem=problem, duration_ms=12_000, answer=""
    )
    run.finish(message, outcome, retry_after=told.get("retry_after"), jitter=0.5)


def take_all(run: Run, *, failing: Sequence[str] = ()) -> list[str]:
    """Send one after the other; return the ids in the order they were sent."""
    sent = []
    while (message := run.take()) is not None:
        sent.append(message.message_id)
        answer(run, message, 500 if message.message_id in failing else 200)
    return sent


def by_id(settled: Sequence[Settled]) -> dict[str, Settled]:
    return {line.message.message_id: line for line in settled}


def test_two_messages_of_one_booking_are_never_under_way_together() -> None:
    run = Run(Health(), [], started_at=NOW)
    run.add([a_message(1, "a"), a_message(2, "a"), a_message(3, "b")])

    first, second = run.take(), run.take()

    assert first is not None
    assert second is not None
    assert (first.position, second.position) == (1, 3)
    assert run.take() is None
    answer(run, first, 200)
    third = run.take()
    assert third is not None
    assert third.position == 2


def test_what_failed_waits_with_all_behind_it_and_other_bookings_go_on() -> None:
    run = Run(Health(), [], started_at=NOW)
    run.add([a_message(1, "a"), a_message(2, "b"), a_message(3, "a"), a_message(4, "b")])

    assert take_all(run, failing=["evt_1"]) == ["evt_1", "evt_2", "evt_4"]

    lines = by_id(run.results())
    assert lines["evt_1"].next_attempt_at == NOW + timedelta(seconds=5)
    assert (lines["evt_3"].state, lines["evt_3"].outcome) == (DeliveryState.WAITING, None)
    assert run.unsent_after() is None
    assert run.next_due_at() == NOW + timedelta(seconds=5)


def test_a_new_message_waits_behind_one_that_is_not_due() -> None:
    later = NOW + timedelta(minutes=5)
    waiting = [a_message(1, "a", is_stored=True, attempts=1, next_attempt_at=later)]
    run = Run(Health(), waiting, started_at=NOW)
    run.add([a_message(2, "a"), a_message(3, "b")])

    assert take_all(run) == ["evt_3"]
    assert by_id(run.results())["evt_2"].state is DeliveryState.WAITING
    assert run.next_due_at() == later


def test_after_its_schedule_a_message_is_passed_over_and_those_behind_it_are_due() -> None:
    waiting = [
        a_message(1, "a", is_stored=True, attempts=9, next_attempt_at=NOW),
        a_message(2, "a", is_stored=True),
    ]
    run = Run(Health(), waiting, started_at=NOW)

    assert take_all(run, failing=["evt_1"]) == ["evt_1"]
    assert by_id(run.results())["evt_1"].state is DeliveryState.PASSED_OVER
    assert (run.next_due_at() or NOW) < NOW


def test_the_schedule_is_that_of_the_standard_within_its_jitter() -> None:
    expected = [5, 300, 1800, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24))]

    for jitter, share in ((0.0, 0.8), (0.5, 1.0), (1.0, 1.2)):
        moments = [next_attempt_at(count, now=NOW, jitter=jitter) for count in range(1, 11)]
        assert moments.pop() is None
        assert [(at - NOW).total_seconds() for at in moments if at] == [
            seconds * share for seconds in expected
        ]


def test_a_pause_that_is_asked_for_is_honoured_up_to_six_hours() -> None:
    for asked, given_hours in ((2, 2), (1000, 6)):
        run = Run(Health(), [], started_at=NOW)
        run.add([a_message(1, "a"), a_message(2, "b")])
        message = run.take()
        assert message is not None

        answer(run, message, 429, retry_after=timedelta(hours=asked))

        assert run.take() is None
        assert run.health.resume_at == NOW + timedelta(hours=given_hours)
        assert by_id(run.results())["evt_1"].next_attempt_at == run.health.resume_at
        # It was not sent, so it is read from the log again.
        assert run.unsent_after() == 1


def test_a_pause_holds_although_a_message_under_way_is_accepted() -> None:
    run = Run(Health(), [], started_at=NOW)
    run.add([a_message(1, "a"), a_message(2, "b")])
    first, second = run.take(), run.take()
    assert first is not None
    assert second is not None

    answer(run, first, 429, retry_after=timedelta(hours=1))
    answer(run, second, 200)

    assert (run.health.failures, run.health.resume_at) == (0, NOW + timedelta(hours=1))


def test_no_pause_is_shorter_than_that_of_a_probe() -> None:
    waiting = [a_message(1, "a", is_stored=True, next_attempt_at=NOW)]
    for asked in (timedelta(0), timedelta(seconds=5)):
        run = Run(HELD_BACK, waiting, started_at=NOW)
        message = run.take()
        assert message is not None

        answer(run, message, 503, retry_after=asked)

        assert run.health.resume_at == NOW + timedelta(seconds=60)


def test_an_endpoint_that_fails_again_and_again_gets_one_probe_at_a_time() -> None:
    run = Run(Health(), [], started_at=NOW)
    run.add([a_message(number, f"{number}") for number in range(1, 20)])
    sent = take_all(run, failing=[f"evt_{number}" for number in range(1, 20)])

    assert len(sent) == 5
    assert run.unsent_after() == 5
    assert not run.can_read_more
    assert run.health.resume_at == NOW + timedelta(seconds=30)

    waiting = [
        replace(line.message, is_stored=True, attempts=line.attempts, next_attempt_at=NOW + at)
        for at, line in ((timedelta(hours=1), line) for line in run.results())
    ]
    probe = Run(replace(run.health, resume_at=NOW), waiting, started_at=NOW)
    assert probe.room == 0
    assert take_all(probe, failing=["evt_1"]) == ["evt_1"]
    (line,) = probe.results()
    # A probe uses up no attempt of the schedule.
    assert (line.attempts, line.next_attempt_at) == (1, NOW + timedelta(hours=1))
    assert probe.health.resume_at == NOW + timedelta(seconds=60)

    back = Run(replace(probe.health, resume_at=NOW), waiting, started_at=NOW)
    assert take_all(back) == ["evt_1"]
    assert back.has_recovered
    assert (back.health.failures, back.health.failing_since) == (0, None)


def test_nothing_but_a_sample_is_sent_while_an_endpoint_pauses() -> None:
    event = a_message(0, "sample", is_stored=True)
    sample = replace(event, message_id="sample_1", position=None)
    paused = replace(HELD_BACK, resume_at=NOW + timedelta(minutes=9))
    run = Run(paused, [sample, a_message(1, "a", is_stored=True)], started_at=NOW)

    assert run.room == 0
    assert take_all(run, failing=["sample_1"]) == ["sample_1"]
    # A sample that fails says nothing about the endpoint, and is not tried again.
    assert run.health == paused
    assert by_id(run.results())["sample_1"].state is DeliveryState.PASSED_OVER


def test_410_disables_and_so_do_five_days_of_failure() -> None:
    gone = Run(Health(), [], started_at=NOW)
    gone.add([a_message(1, "a")])
    long = Run(
        replace(HELD_BACK, failing_since=NOW - timedelta(days=5)),
        [a_message(1, "a", is_stored=True)],
        started_at=NOW,
    )
    for run, status, by in ((gone, 410, DisabledBy.GONE), (long, 500, DisabledBy.FAILURE)):
        message = run.take()
        assert message is not None
        answer(run, message, status)
        assert run.disabled_by is by
        assert by_id(run.results())["evt_1"].state is DeliveryState.WAITING


def test_days_in_which_nothing_was_sent_are_no_days_of_failure() -> None:
    """As after a message that was passed over, when the next event comes a month later."""
    last = NOW - timedelta(days=30)
    run = Run(
        Health(failures=12, failing_since=last - timedelta(days=3), last_failure_at=last),
        [a_message(1, "a", is_stored=True)],
        started_at=NOW,
    )
    message = run.take()
    assert message is not None
    answer(run, message, 503)

    assert run.disabled_by is None
    assert run.health.failing_since == NOW


def test_what_one_run_has_no_room_for_is_read_or_sent_by_the_next() -> None:
    stored = [
        a_message(number, "a", is_stored=True, attempts=1, next_attempt_at=NOW) for number in (1, 2)
    ]
    run = Run(Health(), stored, started_at=NOW)
    run.add([a_message(3, "b"), a_message(4, "c")])
    first, *others = run.to_render()

    run.leave_for_later(others)

    assert run.to_render() == [first]
    assert take_all(run) == ["evt_1"]
    assert list(by_id(run.results())) == ["evt_1"]
    assert run.next_due_at() == NOW
    assert run.unsent_after() == 2


def test_an_event_that_a_partner_may_not_see_any_more_is_no_gap() -> None:
    stored = a_message(1, "a", is_stored=True)
    run = Run(Health(), [stored], started_at=NOW)
    new = a_message(2, "b")
    run.add([new])

    run.drop(stored, now=NOW)
    run.drop(new, now=NOW)

    (line,) = run.results()
    assert (line.state, line.message.position) == (DeliveryState.PASSED_OVER, 1)
    assert run.unsent_after() is None


@given(
    bookings=st.lists(st.sampled_from("abc"), min_size=1, max_size=30),
    failing=st.sets(st.integers(1, 30)),
    parallel=st.integers(1, 4),
    stops_after=st.integers(1, 40),
    order=st.randoms(use_true_random=False),
)
def test_whatever_fails_each_booking_gets_its_messages_in_order_and_none_is_lost(
    bookings: list[str], failing: set[int], parallel: int, stops_after: int, order: "st.Random"
) -> None:
    """Each message fails once if at all; runs go on from what the run before has stored."""
    log = [a_message(number, booking) for number, booking in enumerate(bookings, 1)]
    accepted: dict[str, list[int]] = defaultdict(list)
    stored: dict[str, Message] = {}
    cursor, left = 0, set(failing)
    for _ in range(200):
        waiting = sorted(stored.values(), key=lambda message: message.position or 0)
        run = Run(Health(), waiting, started_at=NOW)
        news = [message for message in log if (message.position or 0) > cursor]
        run.add(news)
        under_way: list[Message] = []
        done = 0
        while True:
            while len(under_way) < parallel and (message := run.take()) is not None:
                under_way.append(message)
            if not under_way:
                break
            message = under_way.pop(order.randrange(len(under_way)))
            fails = message.position in left
            left.discard(message.position or 0)
            if not fails:
                accepted[message.subject].append(message.position or 0)
            answer(run, message, 500 if fails else 200)
            done += 1
            if done >= stops_after:
                run.stop()
        unsent_after = run.unsent_after()
        cursor = max(m.position or 0 for m in log) if unsent_after is None else unsent_after
        for line in run.results():
            if line.state is DeliveryState.WAITING:
                stored[line.message.message_id] = replace(line.message, is_stored=True)
            else:
                stored.pop(line.message.message_id, None)
        if not stored and unsent_after is None:
            break

    assert {booking: sorted(sent) for booking, sent in accepted.items()} == accepted
    assert sorted(number for sent in accepted.values() for number in sent) == [
        message.position for message in log
    ]
