"""A flood of calls keeps a bounded amount in memory, and no partner takes another's room."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from api_edge.postgresql.batch_writer import BatchWriter
from api_edge.request_state import ToldError
from api_edge.usage.pending_usage import (
    MOST_KEY_HOURS,
    MOST_REFUSALS,
    REFUSALS_PER_PARTNER,
    PendingUsage,
)
from api_edge.usage.recorder import UsageRecorder
from shared_domain.partners import ApiKey, ApiKeyId, PartnerId, Scope
from shared_domain.usage import Calls
from tests.harness.waiting import ANSWER_SECONDS

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def key(number: int, *, of: int) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(number), partner_id=PartnerId(of), partner_is_active=True, label="web shop",
        prefix="pk_live_a", is_test=False, scopes=frozenset(Scope), created_at=NOW,
        expires_at=None, revoked_at=None, replaced_by=None,
    )  # fmt: skip


def call(request_id: str, **state: Any) -> dict[str, Any]:
    return {
        "method": "BREW", "path": "/octo/bookings/x",
        "state": {"request_id": request_id, **state},
    }  # fmt: skip


def make_recorder() -> tuple[UsageRecorder, PendingUsage]:
    recorder = UsageRecorder(cast(Any, None), lambda method, path: "/octo/bookings/{uuid}")
    return recorder, recorder._pending


def test_a_partner_that_floods_keeps_its_last_refusals_and_every_count() -> None:
    recorder, pending = make_recorder()
    told = ToldError(400, "BAD_REQUEST", "request-malformed", ("productId",))

    recorder.record(key(2, of=2), call("quiet"), 503)
    for number in range(1_000):
        recorder.record(key(1, of=1), call(str(number), error_told=told), 400)
    recorder.record(key(1, of=1), call("answered by Django", error_told=told), 404)

    listed = pending.refusals[PartnerId(1)]
    assert len(listed) == REFUSALS_PER_PARTNER
    assert (listed[-2].request_id, listed[-2].fields) == ("999", ("productId",))
    # What the edge had answered is not said of another answer.
    assert (listed[-1].status, listed[-1].code, listed[-1].method) == (404, "", "OTHER")
    assert [refusal.request_id for refusal in pending.refusals[PartnerId(2)]] == ["quiet"]
    assert sum(hour.calls.refused for hour in pending.hours.values()) == 1_001


def test_any_number_of_keys_takes_a_bounded_room_also_while_postgresql_is_away() -> None:
    recorder, waiting = make_recorder()
    for number in range(MOST_KEY_HOURS + 100):
        recorder.record(key(number, of=number), call("x"), 500)
    later = PendingUsage()
    for number in range(MOST_KEY_HOURS):
        counts = later.hour(ApiKeyId(-number - 1), NOW + timedelta(hours=1))
        assert counts is not None
        counts.count(200, NOW)

    waiting.add(later)

    assert len(waiting.hours) == MOST_KEY_HOURS
    assert sum(map(len, waiting.refusals.values())) == waiting.refusals_waiting == MOST_REFUSALS
    assert waiting.dropped >= 100 + MOST_KEY_HOURS


def test_a_call_is_counted_in_one_class() -> None:
    calls = Calls()
    for status in (200, 304, 400, 404, 429, 500, 503):
        calls.count(status)

    assert calls == Calls(succeeded=2, refused=2, limited=1, failed=2)


def test_writing_goes_on_after_an_error_of_any_kind(caplog: pytest.LogCaptureFixture) -> None:
    """What PostgreSQL cannot be sent, such as a surrogate, is no error of psycopg's."""

    async def write_until_it_works() -> None:
        is_written = asyncio.Event()
        problems = [UnicodeEncodeError("utf-8", "secret\ud800", 6, 7, "surrogate")]

        async def write() -> None:
            if problems:
                raise problems.pop()
            is_written.set()

        logger = logging.getLogger(__name__)
        writer = BatchWriter(write, seconds=0.001, what="counts", logger=logger)
        await writer.start()
        async with asyncio.timeout(ANSWER_SECONDS):
            await is_written.wait()
        await writer.stop()

    asyncio.run(write_until_it_works())

    assert caplog.messages == ["counts are lost: UnicodeEncodeError"]
