"""Start servers as forks of a process that has imported their modules: ``python -m`` for tests.

An edge imports for 0.7 s of CPU before it serves, Django for 0.8, as do Django's commands, and the
tests start hundreds of them. A fork of a process that has imported the same modules and done
nothing else, neither opened a connection nor started a thread, begins where the imports end. It is
a child of the test process as one that was started anew would be: with its own session,
environment, log, arguments and descriptors, and ended with the test process. See Note [Whose child
a fork is]. Django reads its settings again in each fork: see ``tests.harness.forked_django``.

Where starting a process is what is tested, ``deploy.processes.start`` starts it anew; so does
:func:`start` where the environment says what Python imports, or there is no prctl(2).
"""

import gc
import importlib
import json
import os
import re
import runpy
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import NoReturn, TypedDict

from deploy import processes
from deploy.processes import LIBC, Child, set_subreaper
from tests.harness.databases import ROOT

#: What the edge and its gunicorn or uvicorn import, but for ``deploy.rolling_release`` itself,
#: which runs as ``__main__``.
EDGE_MODULES = (
    "api_edge.app",
    "api_edge.proxy.server",
    "api_edge.proxy.strict_http",
    "api_edge.proxy.worker",
    "deploy.fork_server",
    "gunicorn.app.wsgiapp",
    "gunicorn.glogging",
    "gunicorn.workers.gthread",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.main",
)

#: What Django and its gunicorn import.
DJANGO_MODULES = (
    "gunicorn.app.wsgiapp",
    "gunicorn.glogging",
    "gunicorn.workers.gthread",
    "gunicorn.workers.sync",
    "tests.harness.forked_django",
)

MANAGE = ROOT / "core_site" / "manage.py"

#: The edge, and an edge that a module of tests makes of it in its own process.
EDGE_APPLICATION = re.compile(r"(api_edge\.app|tests\.[a-z_.]+):create_app\b")

DJANGO_APPLICATION = "core_site.config.wsgi:application"

#: A request, which holds an environment.
MESSAGE_BYTES = 200_000


class Request(TypedDict):
    """What a fork is to run; the socket that it listens on, its output and errors come beside."""

    arguments: list[str]
    environment: dict[str, str]


class ForkedProcess(subprocess.Popen[bytes]):
    """A running child of this process that ``fork`` has made elsewhere."""

    def __init__(self, arguments: Sequence[str], pid: int) -> None:
        # What Popen.__init__ sets before it forks.
        self._waitpid_lock = threading.Lock()
        self._child_created = True
        self._input = None
        self._communication_started = False
        self.args = list(arguments)
        self.pid, self.returncode = pid, None
        self.stdin = self.stdout = self.stderr = None


class ForkServer:
    """A process that has imported ``modules``, and forks; it ends with this process."""

    def __init__(self, modules: Sequence[str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno()), *modules],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                preexec_fn=processes.end_with_parent(),
            )
        self._socket = ours
        #: Tests start servers from several threads.
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Let it end, as it does with this process; its forks stay."""
        self._socket.close()
        self._server.wait()

    def start(
        self,
        arguments: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        listening: int,
        errors: Path | None = None,
    ) -> ForkedProcess:
        """Fork a process that runs ``python`` with the arguments; ``{fd}`` is ``listening``.

        Without a file for its errors these stand in its log.
        """
        request = Request(arguments=list(arguments), environment=dict(environment))
        with self._lock, log.open("ab") as output, (errors or log).open("ab") as problems:
            set_subreaper(True)
            try:
                socket.send_fds(
                    self._socket,
                    [json.dumps(request).encode()],
                    [listening, output.fileno(), problems.fileno()],
                )
                answer = self._socket.recv(100)
            finally:
                set_subreaper(False)
        if not answer:
            raise AssertionError(f"the fork server has ended: {self._server.wait()}")
        return ForkedProcess(arguments, int(answer))


class ForkServers:
    """The fork servers of this process, each started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[tuple[str, ...], ForkServer] = {}

    def with_modules(self, modules: tuple[str, ...]) -> ForkServer:
        with self._lock:
            if modules not in self._started:
                self._started[modules] = ForkServer(modules)
            return self._started[modules]


SERVERS = ForkServers()


def start(
    name: str,
    arguments: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    listening: int,
) -> Child:
    """Start ``python`` with the arguments, in which ``{fd}`` is ``listening``, a descriptor."""
    if modules := forked_with(arguments, environment):
        process = SERVERS.with_modules(modules).start(
            arguments, log=log, environment=environment, listening=listening
        )
        return Child(name=name, process=process, log=log)
    return processes.start(
        name,
        [sys.executable, *(part.replace("{fd}", str(listening)) for part in arguments)],
        log=log,
        environment=environment,
        folder=ROOT,
        keep_open=[listening],
    )


def run_manage(
    *arguments: str, environment: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    """Run one of Django's commands, and return its exit status and what it printed."""
    whole = [str(MANAGE), *arguments]
    modules = forked_with(whole, environment)
    if not modules:
        return subprocess.run(
            [sys.executable, *whole],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    with TemporaryDirectory(prefix="portico-manage-") as folder, open(os.devnull) as nothing:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        process = SERVERS.with_modules(modules).start(
            whole,
            log=output,
            errors=errors,
            environment=environment,
            listening=nothing.fileno(),
        )
        return subprocess.CompletedProcess(
            whole, process.wait(), output.read_text(), errors.read_text()
        )


def forked_with(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the modules with which a fork begins that runs the same code, none if it cannot."""
    if LIBC is None or _what_python_reads(environment) != _what_python_reads(os.environ):
        return ()
    if any(EDGE_APPLICATION.match(part) for part in arguments):
        return EDGE_MODULES
    if DJANGO_APPLICATION in arguments:
        return DJANGO_MODULES
    # Imports Django, which the process that forks edges is without.
    from core_site.manage import AS_THE_OWNER

    # ``manage.py`` changes the address of the database for these, after the settings were read.
    changes_database = AS_THE_OWNER & set(arguments) or "PORTICO_DIRECT_DATABASE_URL" in environment
    return DJANGO_MODULES if arguments[0] == str(MANAGE) and not changes_database else ()


def _what_python_reads(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("PYTHON")}


def main(control: socket.socket, modules: Sequence[str]) -> None:
    """Import the modules, then fork for each request until the test process has ended."""
    gc.disable()
    for module in modules:
        importlib.import_module(module)
    if len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("a module has started a thread: it would be missing in every fork")
    gc.freeze()
    gc.enable()
    parent = os.getppid()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 3)
        if not message:
            return
        request: Request = json.loads(message)
        is_adopted, adopt = os.pipe()
        between = os.fork()
        if not between:
            if os.fork():
                os._exit(0)
            os.close(adopt)
            # Empty if this server is killed before the test process has adopted the fork.
            if not os.read(is_adopted, 1):
                os._exit(1)
            os.close(is_adopted)
            listening, *output = descriptors
            run(request, control, parent=parent, listening=listening, output=output)
        os.waitpid(between, 0)
        os.write(adopt, b"y")
        for descriptor in (is_adopted, adopt, *descriptors):
            os.close(descriptor)


def run(
    request: Request,
    control: socket.socket,
    *,
    parent: int,
    listening: int,
    output: Sequence[int],
) -> NoReturn:
    """Become what ``python`` is that was started with the arguments of the request."""
    os.setsid()
    if end_with := processes.end_with_parent(parent=parent):
        end_with()
    with control:
        control.send(str(os.getpid()).encode())
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    for number, opened in enumerate(output, start=1):
        os.dup2(opened, number)
        os.close(opened)
    os.set_inheritable(listening, True)
    os.environ.clear()
    os.environ |= request["environment"]
    time.tzset()
    arguments = [part.replace("{fd}", str(listening)) for part in request["arguments"]]
    sys.orig_argv = [sys.executable, *arguments]
    if django := sys.modules.get("tests.harness.forked_django"):
        if not django.renew_settings():
            os.execv(sys.executable, sys.orig_argv)
    else:
        renew_shared_memory()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path[0] = str(Path(arguments[0]).parent)
        runpy.run_path(arguments[0], run_name="__main__")
    sys.exit()


def renew_shared_memory() -> None:
    """Give this process a file of its own for what the workers of one edge share."""
    from api_edge.proxy.shared_memory import COUNTERS

    with TemporaryFile() as own:
        os.dup2(own.fileno(), COUNTERS.fileno(), inheritable=False)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])

# Note [Whose child a fork is]
# ----------------------------
# A test process waits for its servers, reads their exit status, and the kernel ends them with it:
# all of which asks for a parent. The fork server therefore forks a process that forks the server
# and ends at once. The kernel gives the orphan to its nearest ancestor that is a subreaper, which
# the test process is as long as it waits for the answer, and no longer: the orphans of other
# processes, such as the workers of a gunicorn that a test kills, go to init as ever.
