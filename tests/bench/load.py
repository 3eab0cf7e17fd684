"""The load generator of ``deploy/bench``, a process of its own: callers on kept-alive connections.

It is told what to do by lines of JSON on standard input, one line for each run, and answers each
with one line: how many requests, how long, every latency, and what the generator itself used.
"""

import asyncio
import itertools
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httptools
import uvloop


class Caller(asyncio.Protocol):
    """One caller: sends the next request when the answer to the last one is complete."""

    def __init__(self, requests: Iterator[bytes], run: "Run") -> None:
        self._requests = requests
        self._run = run
        self._sent_at = 0.0
        self._parser: Any = None
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        self._run.latencies.append(now - self._sent_at)
        if (status := self._parser.get_status_code()) != self._run.expected_status:
            self._run.refused[status] += 1
        if self._run.is_over(now):
            self._transport.close()
            self.done.set_result(None)
        elif self._parser.should_keep_alive():
            self._send()
        else:
            raise ConnectionError("the server does not keep connections alive")

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def _send(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))


class Run:
    """One run of some seconds and so many requests; those under way at its end are waited for.

    A run beside another one ends with that one.
    """

    def __init__(
        self,
        seconds: float = 0.0,
        at_least: int = 0,
        *,
        expected_status: int = 200,
        beside: "Run | None" = None,
    ) -> None:
        self.expected_status = expected_status
        self.ends_at = time.perf_counter() + seconds
        self.at_least = at_least
        self.latencies: list[float] = []
        self.refused: Counter[int] = Counter()
        self._beside = beside

    def is_over(self, now: float) -> bool:
        run = self._beside or self
        return now >= run.ends_at and len(run.latencies) >= run.at_least


async def run(order: dict[str, Any], prepared: dict[str, list[bytes]]) -> dict[str, Any]:
    """Carry out one order, and return the answer to it."""
    began_at = time.perf_counter()
    current = Run(order["seconds"], order["at_least"], expected_status=order["expected_status"])
    beside = Run(beside=current)
    opened = await _open_callers(order, prepared[order["case"]], order["callers"], current)
    opened_beside = []
    if order["beside"]:
        case, callers = order["beside"]
        opened_beside = await _open_callers(order, prepared[case], callers, beside)
    await asyncio.gather(*(caller.done for caller in opened))
    seconds = time.perf_counter() - began_at
    await asyncio.gather(*(caller.done for caller in opened_beside))
    return {
        "seconds": seconds,
        "refused": current.refused,
        "latencies_us": [round(latency * 1e6) for latency in current.latencies],
        "requests_beside": len(beside.latencies),
        "refused_beside": beside.refused,
    }


async def _open_callers(
    order: dict[str, Any], requests: list[bytes], callers: int, current: Run
) -> list[Caller]:
    loop = asyncio.get_running_loop()
    shared = itertools.cycle(requests)
    opened = [
        await loop.create_connection(lambda: Caller(shared, current), order["host"], order["port"])
        for _ in range(callers)
    ]
    return [caller for _, caller in opened]


def main() -> None:
    prepared = {
        name: [request.encode() for request in requests]
        for name, requests in json.loads(Path(sys.argv[1]).read_text()).items()
    }
    # A line may be longer than a pipe takes at once. Standard output itself loses what was not
    # taken when Python runs with PYTHONUNBUFFERED; a writer with a buffer sends it again.
    answers = open(sys.stdout.fileno(), "w", closefd=False)  # noqa: SIM115
    for line in sys.stdin:
        order = json.loads(line)
        cpu_before = _own_cpu()
        try:
            answer = uvloop.run(run(order, prepared))
        except OSError as error:
            print(json.dumps({"failure": str(error)}), file=answers, flush=True)
            continue
        answer["own_cpu_seconds"] = _own_cpu() - cpu_before
        print(json.dumps(answer), file=answers, flush=True)


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
