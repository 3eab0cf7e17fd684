"""One delivery run of an endpoint: read its due events, sign and send them, store the outcomes."""

import asyncio
import logging
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from core_site.webhooks.sending.client import Answer, WebhookClient
from shared_domain.database import Database
from shared_domain.event_subjects import count_fitting
from shared_domain.event_subjects.sql_store import SqlTicketCounts
from shared_domain.events import (
    CursorExpired,
    CursorFromFuture,
    Event,
    EventBodies,
    EventBody,
    EventPage,
    read_events,
)
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.partners import Access
from shared_domain.webhooks import (
    MOST_WAITING,
    PAGE,
    PARALLEL,
    RUN_SECONDS,
    AttemptOutcome,
    ClaimedEndpoint,
    Message,
    Run,
    SecretsNotConfigured,
    SigningKeys,
    build_message,
    signed_headers,
)
from shared_domain.webhooks.queue.sql_store import SqlQueueStore

#: How long the endpoints of a partner that is switched off are left alone.
SWITCHED_OFF = timedelta(minutes=10)

logger = logging.getLogger(__name__)


class Databases(Protocol):
    """Provides databases on connections of the worker's pool."""

    def reading(self) -> AbstractAsyncContextManager[Database]:
        """Return a connection on which each statement is a transaction."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Database]:
        """Return a connection in a transaction, which is committed unless the block raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSender:
    """What delivery runs share: one instance in a worker process."""

    databases: Databases
    client: WebhookClient
    bodies: EventBodies
    keys: SigningKeys


class ClaimLost(Exception):
    """Another worker, staff or the partner took the endpoint over; nothing of the run is stored."""


@dataclass(slots=True)
class _Cursors:
    """How far this run has read: the log, and a replay if there is one."""

    position: int
    replay_after: int | None
    has_more: bool = False
    gap: tuple[int, int] | None = None


async def deliver_to(claimed: ClaimedEndpoint, sender: WebhookSender) -> None:
    """Send a claimed endpoint what is due, for ``RUN_SECONDS`` at most, and release the claim."""
    deadline = time.monotonic() + RUN_SECONDS
    now = _now()
    if not claimed.partner_is_active:
        async with sender.databases.writing() as database:
            await SqlQueueStore(database).postpone(claimed, until=now + SWITCHED_OFF)
        return
    try:
        secrets = claimed.endpoint.derive_secrets(sender.keys, now=now)
    except SecretsNotConfigured:
        logger.error("webhooks cannot be signed: PORTICO_WEBHOOK_KEY lacks an endpoint's key")
        async with sender.databases.writing() as database:
            await SqlQueueStore(database).postpone(claimed, until=now + SWITCHED_OFF)
        return
    run, cursors, bodies = await _prepare(claimed, sender, now)
    sending = [
        _send_one_by_one(run, bodies, claimed, secrets, sender, deadline) for _ in range(PARALLEL)
    ]
    await asyncio.gather(*sending)
    await _store(run, cursors, claimed, sender)


async def _prepare(
    claimed: ClaimedEndpoint, sender: WebhookSender, now: datetime
) -> tuple[Run, _Cursors, dict[str, EventBody]]:
    """Read what waits and what is new, and write the bodies of what may be sent."""
    cursors = _Cursors(claimed.position, claimed.replay_after)
    access = claimed.endpoint.access
    async with sender.databases.reading() as database:
        store = SqlQueueStore(database)
        waiting = await store.waiting(claimed.endpoint.id, most=MOST_WAITING + PAGE)
        # Not by this machine's clock: while that is slow, the endpoint would be claimed again and
        # again, with nothing due.
        run = Run(claimed.health, waiting, started_at=claimed.claimed_at)
        events: dict[int, Event] = {}
        if run.room and claimed.replay_after is not None and claimed.replay_until is not None:
            page = await _read_replay(claimed, cursors, run.room, database)
            events |= {event.position: event for event in page}
            run.add(build_message(event, is_replay=True) for event in page)
        if run.room and claimed.has_unread:
            page = await _read_news(claimed, cursors, run.room, database)
            events |= {event.position: event for event in page}
            run.add(build_message(event) for event in page)
        missing = [
            message.position
            for message in run.to_render()
            if message.position is not None and message.position not in events
        ]
        if missing:
            found = await SqlEventStore(database).read_positions(missing, access)
            events |= {event.position: event for event in found}
        await _leave_what_is_too_much(run, events, access, database)
        sendable = run.to_render()
        bodies = await _render(sendable, events, claimed, sender, database, now)
    for message in sendable:
        if message.message_id not in bodies:
            run.drop(message, now=now)
    return run, cursors, bodies


async def _leave_what_is_too_much(
    run: Run, events: Mapping[int, Event], access: Access, database: Database
) -> None:
    """Leave to the next run what would hold up all other endpoints while bodies are written."""
    messages = [message for message in run.to_render() if message.position in events]
    page = [events[message.position] for message in messages if message.position is not None]
    fitting = await count_fitting(page, access=access, counts=SqlTicketCounts(database))
    run.leave_for_later(messages[fitting:])


async def _read_news(
    claimed: ClaimedEndpoint, cursors: _Cursors, room: int, database: Database
) -> Sequence[Event]:
    try:
        page = await _read(claimed, cursors.position, room, database)
    except CursorExpired as expired:
        # What expired before it was read is a gap that the log of deliveries shows.
        cursors.gap = (cursors.position, expired.expired_to)
        page = await _read(claimed, expired.expired_to, room, database)
    cursors.position, cursors.has_more = page.next_after, page.has_more
    return page.events


async def _read_replay(
    claimed: ClaimedEndpoint, cursors: _Cursors, room: int, database: Database
) -> Sequence[Event]:
    after, until = claimed.replay_after or 0, claimed.replay_until or 0
    try:
        page = await _read(claimed, after, room, database)
    except CursorExpired as expired:
        page = await _read(claimed, expired.expired_to, room, database)
    except CursorFromFuture:
        cursors.replay_after = until
        return ()
    cursors.replay_after = page.next_after
    return [event for event in page.events if event.position <= until]


async def _read(claimed: ClaimedEndpoint, after: int, limit: int, database: Database) -> EventPage:
    return await read_events(
        after,
        types=claimed.endpoint.types,
        limit=limit,
        access=claimed.endpoint.access,
        store=SqlEventStore(database),
    )


async def _render(
    sendable: Sequence[Message],
    events: dict[int, Event],
    claimed: ClaimedEndpoint,
    sender: WebhookSender,
    database: Database,
    now: datetime,
) -> dict[str, EventBody]:
    """Return the bodies of messages by their ids, without those that the partner may not see."""
    access = claimed.endpoint.access
    bodies = {
        message.message_id: sender.bodies.example(message.type, test_mode=access.test_mode)
        for message in sendable
        if message.is_sample
    }
    wanted = [
        events[message.position]
        for message in sendable
        if message.position is not None and message.position in events
    ]
    # A page at a time, so that other endpoints are served in between.
    for first in range(0, len(wanted), PAGE):
        page = wanted[first : first + PAGE]
        rendered = await sender.bodies.render(page, access=access, now=now, database=database)
        bodies |= {body.id: body for body in rendered}
    return bodies


async def _send_one_by_one(
    run: Run,
    bodies: dict[str, EventBody],
    claimed: ClaimedEndpoint,
    secrets: Sequence[str],
    sender: WebhookSender,
    deadline: float,
) -> None:
    """Send one message after the other, until there is none that may be sent now.

    The first is sent however late it is: where preparing takes long, each run gets on.
    """
    while (message := run.take()) is not None:
        body = bodies[message.message_id].body
        at = _now()
        headers = signed_headers(message.message_id, body, secrets=secrets, now=at)
        answer = await sender.client.post(claimed.endpoint.url, body, headers)
        run.finish(
            message,
            _outcome(answer, at=at),
            retry_after=answer.retry_after,
            jitter=random.random(),
        )
        if time.monotonic() > deadline:
            run.stop()


async def _store(
    run: Run, cursors: _Cursors, claimed: ClaimedEndpoint, sender: WebhookSender
) -> None:
    """Store in one transaction what was sent, how far was read, and when the next run is due.

    Raises:
        ClaimLost
    """
    endpoint_id = claimed.endpoint.id
    unsent_after = run.unsent_after()
    position = cursors.position if unsent_after is None else unsent_after
    async with sender.databases.writing() as database:
        # Locks in the order of the services: the endpoint, its queue, its deliveries.
        store = SqlQueueStore(database)
        if run.disabled_by is not None:
            await store.lock_endpoint(endpoint_id)
        is_mine = await store.finish(
            claimed,
            run.health,
            position=position,
            # What was read and not sent lies beyond the position as well.
            has_more=cursors.has_more or unsent_after is not None,
            replay_after=cursors.replay_after,
            can_read=run.has_recovered or run.can_read_more,
            next_due_at=_now() if run.has_recovered else run.next_due_at(),
        )
        if not is_mine:
            raise ClaimLost
        if cursors.gap is not None:
            await store.record_gap(endpoint_id, *cursors.gap)
        if settled := run.results():
            await store.record(endpoint_id, settled)
        if run.has_recovered:
            await store.retry_now(endpoint_id)
        is_disabled = run.disabled_by is not None and await store.disable(
            claimed, run.disabled_by, now=_now()
        )
    if is_disabled:
        logger.warning("webhook endpoint %s is disabled: %s", endpoint_id, run.disabled_by)


def _outcome(answer: Answer, *, at: datetime) -> AttemptOutcome:
    return AttemptOutcome(
        at=at,
        status=answer.status,
        problem=answer.problem,
        duration_ms=answer.duration_ms,
        answer=answer.text,
    )


def _now() -> datetime:
    return datetime.now(UTC)
