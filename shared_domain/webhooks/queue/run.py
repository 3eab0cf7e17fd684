"""One delivery run of an endpoint: which message is sent next, and the outcome of each.

The order holds for each subject (a booking, a departure, …): its next message is sent when the one
before was accepted. A message that fails holds back those of its own subject only: they are stored
behind it, up to ``MOST_WAITING`` of one endpoint. Beyond it the log is read no farther until some
of them are settled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared_domain.webhooks.deliveries.model import AttemptProblem, DeliveryState
from shared_domain.webhooks.model import DisabledBy
from shared_domain.webhooks.queue.model import AttemptOutcome, Message, Settled
from shared_domain.webhooks.queue.schedule import AttemptResult, Health, next_attempt_at

#: Messages of one endpoint that may wait; beyond it, its cursor waits.
MOST_WAITING = 500

#: Events that one run reads, and messages that it sends at once.
PAGE = 100
PARALLEL = 8

#: How long a worker may send to one endpoint before it serves others, and how long a claim lasts:
#: longer than that and one attempt.
RUN_SECONDS = 10.0
LEASE = timedelta(seconds=60)

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Run:
    """The messages of one delivery run of an endpoint, with their outcomes."""

    def __init__(self, health: Health, waiting: Sequence[Message], *, started_at: datetime) -> None:
        """Begin a run with the messages that wait already, in the order of positions."""
        self.health = health
        self.disabled_by: DisabledBy | None = None
        self._was_held_back = health.is_held_back
        self._is_paused = health.is_paused(now=started_at)
        self._is_stopped = False
        self._asked_to_wait_until: datetime | None = None
        self._waiting = list(waiting)
        self._settled: dict[str, Settled] = {}
        self._in_flight: dict[str, Message] = {}
        self._sendable: list[Message] = []
        self._behind: list[Message] = []
        self._probe: str | None = None
        #: Messages that this run has no room for, the last ones in order.
        self._later: set[str] = set()
        #: Subjects of which nothing more is sent in this run.
        self._blocked: set[str] = set()
        self._cut: set[str] = set()
        self._choose_of_waiting(started_at)
        #: Subjects with a message that is not sent in this run: new ones wait behind it.
        sendable = {message.subject for message in self._sendable}
        self._closed = {message.subject for message in self._waiting} - sendable | self._cut

    @property
    def room(self) -> int:
        """How many events may be read from the log: 0 while the endpoint pauses, 1 for a probe."""
        if self._is_paused:
            return 0
        if self._was_held_back:
            of_this_run = (*self._waiting, *self._sendable, *self._behind)
            return 0 if any(not message.is_sample for message in of_this_run) else 1
        return max(0, min(PAGE, MOST_WAITING - len(self._waiting)))

    def add(self, messages: Iterable[Message]) -> None:
        """Add messages that were read from the log, in the order of positions."""
        of_this_run = (*self._waiting, *self._sendable, *self._behind)
        known = {message.message_id for message in of_this_run}
        for message in messages:
            if message.message_id not in known:
                is_behind = message.subject in self._closed
                (self._behind if is_behind else self._sendable).append(message)
        self._sendable.sort(key=lambda message: message.position or 0)

    def to_render(self) -> list[Message]:
        """Return the messages that may be sent in this run."""
        return [message for message in self._sendable if message.message_id not in self._later]

    def leave_for_later(self, messages: Iterable[Message]) -> None:
        """Leave the last of the messages that may be sent to the next run, which is due at once."""
        self._later |= {message.message_id for message in messages}

    def drop(self, message: Message, *, now: datetime) -> None:
        """Settle a message without sending it: its event is gone, or not for this partner."""
        self._sendable.remove(message)
        if message.is_stored:
            outcome = AttemptOutcome(
                at=now, status=None, problem=AttemptProblem.EVENT_GONE, duration_ms=0, answer=""
            )
            self._settle(message, DeliveryState.PASSED_OVER, None, outcome)

    def stop(self) -> None:
        """Send nothing more in this run."""
        self._is_stopped = True

    def take(self) -> Message | None:
        """Return the next message to send, None if there is none at the moment."""
        if self._is_stopped:
            return None
        for message in self.to_render():
            if message.subject not in self._blocked and message.subject not in self._in_flight:
                self._sendable.remove(message)
                self._in_flight[message.subject] = message
                return message
        return None

    def finish(
        self,
        message: Message,
        outcome: AttemptOutcome,
        *,
        retry_after: timedelta | None,
        jitter: float,
    ) -> None:
        """Record the outcome of a message that :meth:`take` returned, and settle the message."""
        del self._in_flight[message.subject]
        verdict = AttemptResult(
            is_accepted=outcome.problem is AttemptProblem.NONE,
            status=outcome.status,
            duration_ms=outcome.duration_ms,
            retry_after=retry_after,
        )
        if verdict.is_accepted:
            # Another message was under way when the endpoint asked for a pause: that holds.
            self.health = self.health.after(verdict, now=outcome.ended_at, jitter=jitter)
            self.health = self.health.paused_at_least(until=self._asked_to_wait_until)
            self._settle(message, DeliveryState.DELIVERED, None, outcome)
            return
        self._blocked.add(message.subject)
        if message.is_sample:
            self._settle(message, DeliveryState.PASSED_OVER, None, outcome)
            return
        self.health = self.health.after(verdict, now=outcome.ended_at, jitter=jitter)
        self.disabled_by = self.disabled_by or self.health.reason_to_disable(
            verdict, now=outcome.ended_at
        )
        if retry_after is not None:
            self._asked_to_wait_until = self.health.resume_at
        if self.disabled_by or self.health.is_held_back or retry_after is not None:
            self._is_stopped = True
        if message.message_id == self._probe:
            self._settle(message, DeliveryState.WAITING, message.next_attempt_at, outcome)
            return
        again_at = next_attempt_at(
            message.attempts + 1, now=outcome.ended_at, jitter=jitter, retry_after=retry_after
        )
        state = DeliveryState.PASSED_OVER if again_at is None else DeliveryState.WAITING
        self._settle(message, state, again_at, outcome)

    def unsent_after(self) -> int | None:
        """Return the position after which the log has to be read again; None if nowhere.

        It is before the first message that was read, and neither sent nor stored as waiting.
        """
        unread = [message for message in self._new_unsent() if not self._must_store(message)]
        positions = [message.position for message in unread if message.position is not None]
        return min(positions) - 1 if positions else None

    def results(self) -> list[Settled]:
        """Return the messages to store: those settled, and those that wait behind another one."""
        behind = [
            Settled(
                message=message,
                state=DeliveryState.WAITING,
                attempts=message.attempts,
                next_attempt_at=None,
                first_attempt_at=message.first_attempt_at,
                outcome=None,
            )
            for message in (*self._behind, *self._new_unsent())
            if message in self._behind or self._must_store(message)
        ]
        return [*self._settled.values(), *behind]

    def next_due_at(self) -> datetime | None:
        """Return when the next waiting message is due; None if none waits.

        The moment is in the past where a message may be sent at once, and while the endpoint is
        held back: then its own pause counts, and a probe does not wait for its schedule.
        """
        heads = _first_of_each(self._still_waiting())
        if heads and self.health.is_held_back:
            return LONG_AGO
        return min((message.next_attempt_at or LONG_AGO for message in heads), default=None)

    @property
    def can_read_more(self) -> bool:
        """Whether more of the log may be read: up to ``MOST_WAITING`` messages may wait.

        For an endpoint that is held back, only if none waits, since a waiting one is the probe.
        """
        waiting = len(self._still_waiting())
        return waiting == 0 if self.health.is_held_back else waiting < MOST_WAITING

    def _still_waiting(self) -> list[Message]:
        waiting: dict[str, Message] = {message.message_id: message for message in self._waiting}
        for settled in self.results():
            if settled.state is DeliveryState.WAITING:
                waiting[settled.message.message_id] = replace(
                    settled.message, next_attempt_at=settled.next_attempt_at
                )
            else:
                waiting.pop(settled.message.message_id, None)
        return list(waiting.values())

    @property
    def has_recovered(self) -> bool:
        """Whether an endpoint that was held back has accepted a message in this run.

        All waiting messages are then tried at once.
        """
        return self._was_held_back and not self.health.is_held_back

    def _choose_of_waiting(self, now: datetime) -> None:
        """Choose at most ``PAGE`` waiting messages to send: due ones, and those behind them."""
        heads = _first_of_each(self._waiting)
        samples = [message for message in heads if message.is_sample]
        events = [message for message in heads if not message.is_sample]
        due = [message for message in events if (message.next_attempt_at or LONG_AGO) <= now]
        if self._is_paused:
            self._sendable = samples
        elif self._was_held_back:
            if events and not due:
                self._probe = events[0].message_id
            self._sendable = [*samples, *(due or events)[:1]]
        else:
            subjects = {message.subject for message in (*samples, *due)}
            self._sendable = [message for message in self._waiting if message.subject in subjects]
        whole = self._sendable
        self._sendable = whole[:PAGE]
        self._cut = {message.subject for message in whole[PAGE:]}

    def _new_unsent(self) -> list[Message]:
        return [message for message in self._sendable if not message.is_stored]

    def _must_store(self, message: Message) -> bool:
        """Return whether an unsent message has to be stored, since the cursor moves past it.

        It moves past all that was sent, also what waited behind another message and has a later
        position than the cursor had: else that would be read, and sent, again.
        """
        if message.is_replay or message.subject in self._blocked:
            return True
        sent = [
            settled.message.position or 0
            for settled in self._settled.values()
            if not settled.message.is_replay
        ]
        return (message.position or 0) < max(sent, default=0)

    def _settle(
        self,
        message: Message,
        state: DeliveryState,
        again_at: datetime | None,
        outcome: AttemptOutcome,
    ) -> None:
        is_counted = message.message_id != self._probe or state is not DeliveryState.WAITING
        self._settled[message.message_id] = Settled(
            message=message,
            state=state,
            attempts=message.attempts + is_counted,
            next_attempt_at=again_at,
            first_attempt_at=message.first_attempt_at or outcome.at,
            outcome=outcome,
        )


def _first_of_each(messages: Iterable[Message]) -> list[Message]:
    """Return the first message of each subject, in the order of positions."""
    heads: dict[str, Message] = {}
    for message in sorted(messages, key=lambda message: message.position or 0):
        heads.setdefault(message.subject, message)
    return list(heads.values())
