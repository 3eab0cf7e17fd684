"""A caller that waits is answered as soon as there is an event for it; thousands may wait."""

import asyncio
import json
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api_edge.v1.events.log_watcher import MOST_WAITING_OF_PARTNER
from shared_domain import partners
from tests.events_feed.conftest import Feed, types_of
from tests.harness.servers import running_edge
from tests.harness.waiting import EVENTUALLY_SECONDS, eventually

#: The edge's sessions, its listener included.
SESSIONS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name LIKE 'portico-edge%'
"""


class Poll:
    """One call that waits, on a socket of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int, key: str, query: str) -> "Poll":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"GET /v1/events?{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        return cls(reader, writer)

    async def answer(self) -> tuple[int, Any]:
        async with asyncio.timeout(EVENTUALLY_SECONDS):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].split("\r\n")[0])
            body = await self._reader.readexactly(length)
        self._writer.close()
        return int(head.split()[1]), json.loads(body)

    async def is_answered(self, *, within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                return await self._reader.read(1) != b""
        except TimeoutError:
            return False

    def hang_up(self) -> None:
        self._writer.close()


async def open_polls(feed: Feed, keys: Sequence[str], *, each: int, query: str) -> list[Poll]:
    return [await Poll.open(feed.port, key, query) for key in keys for _ in range(each)]


def test_a_waiting_caller_is_answered_at_once_by_what_concerns_it(feed: Feed) -> None:
    async def story() -> None:
        begin = feed.end()
        waits = f"after={begin}&wait=30&types="
        mine = await Poll.open(feed.port, feed.keys.live, waits + "booking.confirmed")
        other_type = await Poll.open(feed.port, feed.keys.live, waits + "booking.cancelled")
        of_test = await Poll.open(feed.port, feed.keys.test, waits + "booking.*")
        shared = await Poll.open(feed.port, feed.keys.rival, waits + "price.changed")
        await asyncio.to_thread(feed.tell, "booking.confirmed", partner="rival")
        assert not await mine.is_answered(within=0.3)

        began_at = time.monotonic()
        (uuid,) = await asyncio.to_thread(feed.tell, "booking.confirmed")
        status, body = await mine.answer()

        assert status == 200
        assert [event["data"]["bookingUuid"] for event in body["events"]] == [uuid]
        assert time.monotonic() - began_at < 20
        await asyncio.to_thread(feed.tell, "price.changed", partner=None)
        assert (await shared.answer())[1]["events"][0]["type"] == "price.changed"
        for waiting in (other_type, of_test):
            assert not await waiting.is_answered(within=0.1)
            waiting.hang_up()

    asyncio.run(story())


def test_a_key_that_is_revoked_meanwhile_reads_nothing(feed: Feed) -> None:
    code, key = feed.add_partner()

    async def story() -> tuple[int, Any]:
        poll = await Poll.open(feed.port, key, "after=latest&wait=30&types=booking.*")
        # The one process has begun to answer the call before when it has answered this one.
        await asyncio.to_thread(feed.ask, "after=latest", key=key)
        assert not await poll.is_answered(within=0.3)
        feed.owner.execute(
            "UPDATE partners_apikey SET revoked_at = now() WHERE prefix = %s",
            [partners.key_prefix(key)],
        )
        await asyncio.to_thread(feed.tell, "booking.confirmed", partner=code)
        return await poll.answer()

    status, body = asyncio.run(story())

    assert (status, body["type"]) == (401, "urn:portico:problem:key-revoked")


def test_the_end_of_the_wait_is_an_empty_page(feed: Feed) -> None:
    began_at = time.monotonic()

    answer = feed.ask("after=latest&wait=1&types=key.*")

    assert answer.body["events"] == []
    assert answer.body["nextAfter"] == feed.end()
    assert time.monotonic() - began_at >= 1


def test_what_is_there_is_not_waited_for(feed: Feed) -> None:
    begin = feed.end()
    feed.tell("booking.confirmed")
    began_at = time.monotonic()

    assert types_of(feed.ask(f"after={begin}&wait=30")) == ["booking.confirmed"]
    assert time.monotonic() - began_at < 20


def test_thousands_wait_without_a_database_connection_each(feed: Feed) -> None:
    keys = [feed.add_partner()[1] for _ in range(12)]

    async def story() -> None:
        begin = feed.end()
        query = f"after={begin}&wait=30&limit=1"
        polls = await open_polls(feed, keys, each=84, query=query)
        assert len(polls) > 1_000
        assert not await polls[-1].is_answered(within=0.5)
        ((sessions,),) = feed.owner.execute(SESSIONS).fetchall()
        # The pools', the dry runs' and the listener.
        assert sessions <= 7

        await asyncio.to_thread(feed.tell, "price.changed", partner=None)
        answers = await asyncio.gather(*(poll.answer() for poll in polls))

        assert {status for status, _ in answers} == {200}
        assert {event["type"] for _, body in answers for event in body["events"]} == {
            "price.changed"
        }

    asyncio.run(story())


def test_a_caller_that_hangs_up_makes_room_for_another(feed: Feed) -> None:
    _, key = feed.add_partner(sells_kayak=False)

    async def story() -> None:
        query = "after=latest&wait=30"
        polls = await open_polls(feed, [key], each=MOST_WAITING_OF_PARTNER, query=query)
        # Whichever reads the log last is one too many.
        polls.append(await Poll.open(feed.port, key, query))
        answers = [asyncio.create_task(poll.answer()) for poll in polls]
        done, _ = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
        ((status, body),) = [task.result() for task in done]
        assert (status, body["status"]) == (429, 429)
        assert "100" in body["detail"]
        for task in answers:
            task.cancel()
        for poll in polls:
            poll.hang_up()

    asyncio.run(story())
    assert eventually(lambda: feed.ask("after=latest&wait=1", key=key).status == 200)


def test_a_wait_may_be_longer_than_a_call_and_than_its_key_is_remembered(
    feed: Feed, tmp_path: Path
) -> None:
    seconds = {"PORTICO_CALL_SECONDS": "1", "PORTICO_KEY_CACHE_SECONDS": "1"}
    log = tmp_path / "edge.log"
    with running_edge("", log, database=feed.database, **seconds) as edge:
        # On a busy machine a call may take longer than it has.
        assert eventually(
            lambda: feed.ask("after=latest&wait=2&types=key.*", port=edge.port).status == 200
        )


def test_a_process_that_stops_answers_its_waiting_callers_at_once(
    feed: Feed, tmp_path: Path
) -> None:
    async def story(port: int, stop: Any) -> tuple[int, Any]:
        poll = await Poll.open(port, feed.keys.live, "after=latest&wait=30&types=key.*")
        # The one process has begun to answer the call before when it has answered this one.
        await asyncio.to_thread(feed.ask, "after=latest", port=port)
        assert not await poll.is_answered(within=0.5)
        stop()
        return await poll.answer()

    log, options = tmp_path / "edge.log", ["--graceful-timeout=30"]
    with running_edge("", log, database=feed.database, options=options) as edge:
        began_at = time.monotonic()
        status, body = asyncio.run(
            story(edge.port, lambda: edge.child.process.send_signal(signal.SIGTERM))
        )

    assert (status, body["events"]) == (200, [])
    assert time.monotonic() - began_at < 20
