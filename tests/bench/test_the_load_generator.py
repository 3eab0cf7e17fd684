"""The load generator tells every latency that it has measured, however many they are."""

import json
import os
import signal
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path

import psutil

from deploy import ports
from tests.bench import cases, servers
from tests.harness.databases import ROOT
from tests.harness.waiting import eventually

#: What a pipe holds while it is not read.
PIPE_BYTES = 4096

#: So many latencies take more bytes, however slow the machine and however short they are.
REQUESTS = 2_000


def test_a_long_answer_arrives_whole(tmp_path: Path) -> None:
    prepared = tmp_path / "requests.json"
    prepared.write_text(
        json.dumps({"page": [request.as_text() for request in cases.passed()["page"]]})
    )
    with (
        servers.running_cheap_upstream(tmp_path) as port,
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load", str(prepared)],
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pipesize=PIPE_BYTES,
        ) as generator,
    ):
        order = {
            "host": ports.HOST, "port": port, "case": "page", "callers": 16, "seconds": 0.1,
            "at_least": REQUESTS, "beside": None, "expected_status": 200,
        }  # fmt: skip
        generator.stdin.write(json.dumps(order) + "\n")
        generator.stdin.flush()
        assert eventually(lambda: unread_bytes(generator) >= PIPE_BYTES)

        # It waits for its reader now. A debugger, or the job control of a shell, interrupts that.
        process = psutil.Process(generator.pid)
        generator.send_signal(signal.SIGSTOP)
        assert eventually(lambda: process.status() == psutil.STATUS_STOPPED)
        generator.send_signal(signal.SIGCONT)
        assert eventually(lambda: process.status() != psutil.STATUS_STOPPED)
        line = generator.stdout.readline()
        generator.stdin.close()

    assert len(line) > PIPE_BYTES
    assert json.loads(line)["refused"] == {}


def unread_bytes(process: "subprocess.Popen[str]") -> int:
    """Return how much a process has printed that was not read yet."""
    told = ioctl(process.stdout.fileno(), termios.FIONREAD, bytes(4))
    return int.from_bytes(told, sys.byteorder)
