"""The load generator tells every latency that it has measured, however many they are."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from deploy import ports
from tests.bench import cases, servers
from tests.harness.databases import ROOT

#: What a pipe holds when nobody reads it.
PIPE_BYTES = 65536


def test_a_long_answer_arrives_whole(tmp_path: Path) -> None:
    prepared = tmp_path / "requests.json"
    prepared.write_text(json.dumps({"page": [it.as_text() for it in cases.passed()["page"]]}))
    with (
        servers.running_site(tmp_path) as port,
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load", str(prepared)],
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as generator,
    ):
        order = {"host": ports.HOST, "port": port, "case": "page", "callers": 16, "seconds": 1.5}
        generator.stdin.write(json.dumps(order) + "\n")
        generator.stdin.flush()
        time.sleep(3)

        # It waits for its reader now. A debugger, or the job control of a shell, interrupts that.
        generator.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        generator.send_signal(signal.SIGCONT)
        time.sleep(0.1)
        line = generator.stdout.readline()
        generator.stdin.close()

    assert len(line) > PIPE_BYTES
    assert json.loads(line)["refused"] == {}
