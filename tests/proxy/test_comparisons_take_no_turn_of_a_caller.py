"""However slowly the upstream answers comparisons, the caller's own calls find a slot."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

import pytest
from starlette.types import Message, Scope

from api_edge.proxy.forwarding import ForwardedRequest
from api_edge.proxy.limits import Limits
from api_edge.proxy.trusted_proxies import NO_PROXIES
from api_edge.proxy.upstream import Upstream
from api_edge.rollout.body_buffer import replay_body
from api_edge.rollout.call import ComparedCall, ComparisonContext
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.request_recorder import RequestRecorder
from api_edge.rollout.shadow_runner import MOST_AT_ONCE
from shared_domain.rollout import NO_RULES, Endpoint, EndpointId, Response, Stage
from shared_domain.rollout.findings_sql_store import RecordedRequest
from shared_domain.rollout.wire import SHADOW_HEADER

PATIENT = 600.0


def scope_of(method: str) -> Scope:
    return {
        "type": "http", "method": method, "path": "/v1/users", "raw_path": b"/v1/users",
        "query_string": b"", "headers": [(b"host", b"portico")], "http_version": "1.1",
        "scheme": "http", "client": ("192.0.2.1", 1), "server": ("127.0.0.1", 80),
        "state": {"request_id": str(uuid4()), "api_key_id": 1},
    }  # fmt: skip


def compared(call: Scope, body: bytes = b"") -> ComparedCall:
    endpoint = Endpoint(
        id=EndpointId(1), method=call["method"], path_template=call["path"], is_on_edge=True,
        is_on_django=True, stage=Stage.SHADOW, stage_since=datetime.now(UTC),
    )  # fmt: skip
    context = ComparisonContext(
        endpoint, NO_RULES, call["state"]["request_id"], call["method"], (), None, is_guarded=False
    )
    return ComparedCall(context, call["path"], call, body)


def comparison_of(call: Scope) -> Scope:
    return compared(call).django_scope(())


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("threads", [2, 8])
def test_while_comparisons_hang(method: str, threads: int) -> None:
    asyncio.run(call_beside_hanging_comparisons(method, threads))


async def call_beside_hanging_comparisons(method: str, threads: int) -> None:
    hanging = asyncio.Semaphore(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            if SHADOW_HEADER.lower().encode() in head.lower():
                hanging.release()
                await reader.read()
                break
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        upstream = Upstream(
            f"http://127.0.0.1:{port}", connect_seconds=PATIENT, read_seconds=PATIENT,
            limits=Limits(upstream_threads=threads, upstream_wait_seconds=0.001),
            trusted_proxies=NO_PROXIES,
        )  # fmt: skip

        async def forward(scope: Scope) -> int:
            sent: list[Message] = []

            async def send(message: Message) -> None:
                sent.append(message)

            await ForwardedRequest(upstream, scope, replay_body(b""), send).run()
            status: int = sent[0]["status"]
            return status

        call = scope_of(method)
        comparisons = [
            asyncio.create_task(forward(comparison_of(call))) for _ in range(MOST_AT_ONCE)
        ]
        await asyncio.wait_for(hanging.acquire(), PATIENT)
        # As many as one caller may have at once, and it is given them without a wait.
        for _ in range(3):
            assert await forward(scope_of(method)) == 204
        for comparison in comparisons:
            comparison.cancel()
        await asyncio.gather(*comparisons, return_exceptions=True)
        await upstream.connector.close()


@pytest.mark.parametrize(("body", "waits"), [(b"[1]", False), (b"[1%b]" % (b",1" * 5_000), True)])
def test_while_a_long_body_is_anonymised(body: bytes, waits: bool) -> None:
    """It is a caller's, who may make it of many numbers: others are answered meanwhile."""
    recorded: list[RecordedRequest] = []
    recorder = RequestRecorder(
        cast(FindingsRecorder, SimpleNamespace(record_request=recorded.append)), key=b"k"
    )

    async def record() -> None:
        turns_of_others = 0

        async def take_turns() -> None:
            nonlocal turns_of_others
            while True:
                turns_of_others += 1
                await asyncio.sleep(0)

        others = asyncio.create_task(take_turns())
        await recorder.record(compared(scope_of("POST"), body), Response(401, (), b""))
        others.cancel()
        assert bool(turns_of_others) == waits

    asyncio.run(record())

    assert [len(cast(list[int], one.body)) for one in recorded] == [len(json.loads(body))]
