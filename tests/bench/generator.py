"""The process that plays the callers."""

import json
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy import ports
from deploy.console import SetupError
from deploy.processes import end_with_parent
from deploy.signals import StopSignals
from deploy.virtualenv import ROOT
from tests.bench.cases import CASES, EXPECTED_STATUS, Request
from tests.bench.servers import NAMES, Server

#: Connections that each send one request after the other.
CALLERS = 16


class ConnectionDropped(SetupError):
    """A server closed its connections in the middle of a run."""


class LoadGenerator:
    """The process that sends the requests; see ``tests/bench/load.py``."""

    def __init__(self, process: "subprocess.Popen[str]", stop: StopSignals) -> None:
        self._process = process
        self._stop = stop

    def run(
        self,
        server: Server,
        case: str,
        seconds: float,
        *,
        at_least: int = 0,
        callers: int = CALLERS,
        beside: tuple[str, int] | None = None,
        may_be_refused: bool = False,
    ) -> dict[str, Any]:
        """Let callers send requests for some seconds, or longer: until so many.

        ``beside`` is a case and how many callers send its requests meanwhile; of these only how
        many were sent, and refused, is returned.

        Raises:
            ConnectionDropped: it closed a connection.
            StopRequested: the user asked the command to stop.
            SetupError: it refused a request, or the generator itself ended.
        """
        order = {
            "host": ports.HOST, "port": server.port, "case": case, "callers": callers,
            "seconds": seconds, "at_least": at_least, "beside": beside,
            "expected_status": EXPECTED_STATUS.get(case, 200),
        }  # fmt: skip
        orders, answers = self._process.stdin, self._process.stdout
        assert orders is not None
        assert answers is not None
        orders.write(json.dumps(order) + "\n")
        orders.flush()
        while not select.select([answers], [], [], 0.1)[0]:
            self._stop.check()
        line = answers.readline()
        where = f"{NAMES[server.name]}, {CASES.get(case, case)}"
        if not line:
            raise SetupError(f"{where}: the load generator ended by itself")
        answer: dict[str, Any] = json.loads(line)
        if "failure" in answer:
            raise ConnectionDropped(f"{where}: {answer['failure']}")
        if answer["refused"] and not may_be_refused:
            told = ", ".join(
                f"{count} with {status}" for status, count in answer["refused"].items()
            )
            raise SetupError(f"{where}: requests were refused, {told}")
        return answer


@contextmanager
def running_generator(
    requests: Mapping[str, Sequence[Request]], folder: Path, stop: StopSignals
) -> Iterator[LoadGenerator]:
    """Start the generator with what it will send, and end it with the block."""
    prepared = folder / "requests.json"
    prepared.write_text(
        json.dumps(
            {case: [request.as_text() for request in of_case] for case, of_case in requests.items()}
        )
    )
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load", str(prepared)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=end_with_parent(),
    ) as process:
        try:
            yield LoadGenerator(process, stop)
        finally:
            process.terminate()
