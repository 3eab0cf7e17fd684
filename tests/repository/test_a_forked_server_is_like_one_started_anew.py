"""Tests fork their servers from a process with the same imports; none can tell the difference."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_edge.proxy.shared_memory import COUNTERS
from deploy import processes
from tests.harness import fork_server
from tests.harness.databases import ROOT
from tests.harness.fork_server import (
    DJANGO_MODULES,
    EDGE_MODULES,
    MANAGE,
    ForkServer,
    forked_with,
    run_manage,
)
from tests.harness.waiting import ANSWER_SECONDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="servers are forked on Linux only")

#: What a process says of itself to the first that calls it; it ends when the caller has read it.
SELF = """
import ctypes, json, os, signal, socket, sys
with socket.socket(fileno=int(sys.argv[-1])) as listening:
    caller = listening.accept()[0]
end_signal = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(end_signal))
print("a line of the log", flush=True)
caller.sendall(json.dumps({
    "arguments": sys.argv[1:3], "whole": sys.orig_argv[:3], "path": sys.path,
    "environment": dict(os.environ), "folder": os.getcwd(),
    "parent": os.getppid(), "leads": os.getsid(0) == os.getpgid(0) == os.getpid(),
    "ends with its parent": end_signal.value,
    "signals": {str(number): str(signal.getsignal(number)).split(" at ")[0]
                for number in signal.valid_signals()},
    "input": os.readlink("/proc/self/fd/0"),
    "output": [os.readlink(f"/proc/self/fd/{number}") for number in (1, 2)],
    "main": sys.modules["__main__"].__spec__.name,
}).encode())
caller.shutdown(socket.SHUT_WR)
caller.recv(1)
os.kill(os.getpid(), signal.SIGUSR1)
"""

ARGUMENTS = ("-m", "timeit", "-n1", "-r1", SELF, "{fd}")


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer(())
    yield server
    server.stop()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened


def ask(listening: socket.socket) -> dict[str, object]:
    """Read what the process says of itself; it ends when the connection is closed."""
    with socket.create_connection(listening.getsockname(), ANSWER_SECONDS) as caller:
        said = b"".join(iter(lambda: caller.recv(65536), b""))
    return dict(json.loads(said))


def test_it_says_the_same_of_itself(
    server: ForkServer, listening: socket.socket, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    environment = dict(os.environ) | {"PORTICO_TEST_OF_FORKS": "yes"}
    forked = server.start(ARGUMENTS, log=log, environment=environment, listening=listening.fileno())
    said_by_fork = ask(listening)
    fork_status = forked.wait(ANSWER_SECONDS)
    number = str(listening.fileno())
    started = processes.start(
        "started",
        [sys.executable, *(number if part == "{fd}" else part for part in ARGUMENTS)],
        log=log,
        environment=environment,
        folder=ROOT,
        keep_open=[listening.fileno()],
    )

    assert ask(listening) == said_by_fork
    assert fork_status == started.process.wait(ANSWER_SECONDS) == -signal.SIGUSR1
    assert log.read_text() == "a line of the log\n" * 2


def test_it_is_killed_and_waited_for(
    server: ForkServer, listening: socket.socket, tmp_path: Path
) -> None:
    forked = server.start(
        ARGUMENTS, log=tmp_path / "log", environment=os.environ, listening=listening.fileno()
    )

    assert forked.poll() is None
    os.killpg(forked.pid, signal.SIGKILL)
    assert forked.wait(ANSWER_SECONDS) == -signal.SIGKILL


def test_the_callers_of_one_edge_are_not_counted_by_another(tmp_path: Path) -> None:
    """Their counters are a file that the workers of one edge share."""
    inherited = Path(f"/proc/self/fd/{COUNTERS.fileno()}").readlink()
    child = os.fork()
    if not child:
        fork_server.renew_shared_memory()
        own = Path(f"/proc/self/fd/{COUNTERS.fileno()}").readlink()
        os._exit(own != inherited)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


@pytest.mark.parametrize(
    ("arguments", "environment", "modules"),
    [
        (("-m", "gunicorn", "api_edge.app:create_app()"), {}, EDGE_MODULES),
        (("-m", "gunicorn", "another_edge:create_app()"), {}, ()),
        (("-m", "gunicorn", "api_edge.app:create_app()"), {"PYTHONPATH": "/elsewhere"}, ()),
        (("-m", "gunicorn", "core_site.config.wsgi:application"), {}, DJANGO_MODULES),
        ((str(MANAGE), "rollout", "list"), {}, DJANGO_MODULES),
        ((str(MANAGE), "load_demo"), {}, ()),
        ((str(MANAGE), "rollout", "list"), {"PORTICO_DIRECT_DATABASE_URL": "postgresql://a"}, ()),
    ],
)
def test_only_with_the_same_code(
    arguments: tuple[str, ...], environment: dict[str, str], modules: tuple[str, ...]
) -> None:
    assert forked_with(arguments, dict(os.environ) | environment) == modules


#: Python might read such a variable, so that what has it is started anew.
ANEW = {"PYTHON_IS_STARTED_ANEW": "yes"}

#: What Django makes of its environment, and whether it was set up before it was forked.
DJANGO = """
import logging, re, sys
from django.apps import apps
from django.conf import settings
from django.db import connection, connections
from django.urls import get_resolver
print(connection.settings_dict, connections.settings, sys.argv[1:-1])
read = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
print(re.sub(" at 0x[0-9a-f]+", "", repr(read)))
print([app.name for app in apps.get_app_configs()], len(get_resolver().url_patterns))
print(re.sub(" at 0x[0-9a-f]+", "", repr(logging.root.handlers)))
print("tests.harness.forked_django" in sys.modules, file=sys.stderr)
"""


def test_django_has_the_settings_of_its_own_environment() -> None:
    environment = dict(os.environ) | {
        "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/another",
        "PORTICO_CALL_SECONDS": "7",
        "PORTICO_PUBLIC_URL": "https://tours.example",
    }
    forked = run_manage("shell", "--no-imports", "-c", DJANGO, environment=environment)

    started = run_manage("shell", "--no-imports", "-c", DJANGO, environment=environment | ANEW)

    assert (forked.stderr, started.stderr) == ("True\n", "False\n")
    assert forked.stdout == started.stdout


def test_with_other_apps_django_is_started_anew_after_all() -> None:
    environment = dict(os.environ) | {"PORTICO_DEMO": "1"}

    started = run_manage("shell", "--no-imports", "-c", DJANGO, environment=environment)

    assert "'core_site.demo'" in started.stdout
    assert started.stderr == "False\n"


def test_a_wrong_setting_is_said_as_by_a_process_started_anew() -> None:
    environment = dict(os.environ) | {"PORTICO_CALL_SECONDS": "no time"}

    refused = run_manage("rollout", "list", environment=environment)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "PORTICO_CALL_SECONDS is 'no time', but must be a number" in refused.stderr
