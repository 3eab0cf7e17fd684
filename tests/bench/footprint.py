"""The cases ``process`` and ``up``: what an edge process holds, and how quickly things start."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

import psutil

from deploy.console import SetupError
from deploy.virtualenv import ROOT
from tests.bench.cases import Request
from tests.bench.footprint_figures import ProcessFootprint, StackFootprint
from tests.bench.servers import NAMES, Server
from tests.harness.deploy_up import reachable_folder, running_up
from tests.harness.servers import gunicorn_workers

_IMPORTS = 3

_MEGABYTE = 2**20


def measure_process(server: Server, requests: Sequence[Request]) -> ProcessFootprint:
    """Import the edge's code a few times, and weigh its worker once it has answered requests.

    Raises:
        SetupError: a request is refused, or the code cannot be imported.
    """
    caller = server.connect()
    try:
        for request in requests:
            headers = {**request.headers, "Content-Type": "application/json"}
            caller.request(request.method, request.path, request.content(), headers)
            answer = caller.getresponse()
            answer.read()
            if answer.status != 200:
                raise SetupError(f"{NAMES[server.name]} answers {answer.status}")
    finally:
        caller.close()
    (worker,) = gunicorn_workers(psutil.Process(server.child.pid))
    held = worker.memory_full_info()
    return ProcessFootprint(
        import_cpu_seconds=median(_import_seconds() for _ in range(_IMPORTS)),
        rss_mb=held.rss / _MEGABYTE,
        pss_mb=getattr(held, "pss", held.uss) / _MEGABYTE,
    )


def measure_stack() -> StackFootprint:
    """Run ``deploy/up`` twice on one folder, and weigh what the second one runs."""
    with reachable_folder() as folder:
        data: Path = folder / "data"
        with running_up(data):
            pass
        began_at = time.monotonic()
        with running_up(data) as again:
            seconds = time.monotonic() - began_at
            by_name: dict[str, float] = {}
            for process in again.everything_it_runs():
                held = process.memory_full_info()
                name = "PostgreSQL" if process.name() == "postgres" else "Python"
                used = getattr(held, "pss", held.uss) / _MEGABYTE
                by_name[name] = by_name.get(name, 0.0) + used
    return StackFootprint(second_start_seconds=seconds, pss_mb=by_name)


def _import_seconds() -> float:
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", "import api_edge.app"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
    )
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
