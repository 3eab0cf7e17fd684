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
        if (status := self._parser.get_status_code()) != 200:
            self._run.refused[status] += 1
        if now >= self._run.ends_at and len(self._run.latencies) >= self._run.at_least:
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
    """One run of some seconds and so many requests; those under way at its end are waited for."""

    def __init__(self, seconds: float, at_least: int) -> None:
        self.ends_at = time.perf_counter() + seconds
        self.at_least = at_least
        self.latencies: list[float] = []
        self.refused: Counter[int] = Counter()


async def run(
    host: str, port: int, requests: list[bytes], *, callers: int, seconds: float, at_least: int
) -> Run:
    loop = asyncio.get_running_loop()
    current = Run(seconds, at_least)
    shared = itertools.cycle(requests)
    opened = [
        await loop.create_connection(lambda: Caller(shared, current), host, port)
        for _ in range(callers)
    ]
    await asyncio.gather(*(caller.done for _, caller in opened))
    return current


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
        began_at, cpu_before = time.perf_counter(), _own_cpu()
        try:
            done = uvloop.run(
                run(
                    order["host"],
                    order["port"],
                    prepared[order["case"]],
                    callers=order["callers"],
                    seconds=order["seconds"],
                    at_least=order["at_least"],
                )
            )
        except OSError as error:
            print(json.dumps({"failure": str(error)}), file=answers, flush=True)
            continue
        answer = {
            "seconds": time.perf_counter() - began_at,
            "refused": done.refused,
            "latencies_us": [round(latency * 1e6) for latency in done.latencies],
            "own_cpu_seconds": _own_cpu() - cpu_before,
        }
        print(json.dumps(answer), file=answers, flush=True)


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
