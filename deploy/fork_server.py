"""A process that has imported the code of one release, and forks gunicorn's workers.

::

    master ──fork, once a release──▶ fork server ──fork──▶ parent of a moment ──fork──▶ worker
       ▲                                                                                  │
       └────────────── adopts the worker when that parent ends: it is a subreaper ────────┘

The workers of a release share the memory of its code, start without importing anything, and one
that dies is replaced by one with the same code, whatever is on the disk by then. The master itself
imports none of the code, so that it can fork the next release.

Linux only: it needs prctl(2). Elsewhere each worker imports its code itself.
"""

import enum
import gc
import importlib
import json
import os
import select
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from deploy.processes import LIBC, set_subreaper

#: An option of prctl(2).
PR_SET_NAME = 15

#: What ps(1) calls a fork server, by which it is distinguished from the workers.
NAME = "fork server"

IS_SUPPORTED = LIBC is not None

MESSAGE_BYTES = 1000

_READY, _FAILED = b"ready", b"failed"


class State(enum.Enum):
    """The state of a fork server; ``FAILED`` if it ended before it had imported the code."""

    IMPORTING = enum.auto()
    READY = enum.auto()
    FAILED = enum.auto()
    ENDED = enum.auto()


class ForkServerEnded(RuntimeError):
    """A fork server forks no worker: it was killed, or the system has no memory for one."""


class ReleaseForkServer:
    """The master's side of a fork server; creating the object starts the process.

    Args:
        arbiter: the master, whose settings and listening sockets the workers get.
        modules: what the fork server imports.
        close_inherited: called in the fork server, to close what belongs to the master only.
    """

    def __init__(
        self, arbiter: Arbiter, modules: Sequence[str], *, close_inherited: Callable[[], None]
    ) -> None:
        set_subreaper(True)
        self._state = State.IMPORTING
        self._socket, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            self._socket.close()
            close_inherited()
            _serve(control, arbiter, modules)
        control.close()

    def poll(self) -> State:
        """Return the state, without waiting."""
        has_message = (
            self._state in (State.IMPORTING, State.READY)
            and (select.select([self._socket], [], [], 0)[0])
        )
        if has_message and self._state is State.IMPORTING:
            is_ready = self._socket.recv(MESSAGE_BYTES) == _READY
            self._state = State.READY if is_ready else State.FAILED
        elif has_message:
            # Unasked, it says only that it is gone.
            self._state = State.ENDED
        return self._state

    def fork_worker(
        self, *, age: int, is_replacement: bool, timeout_seconds: float
    ) -> tuple[int, int]:
        """Fork a worker; return its process id, and a descriptor of its heartbeat file.

        Raises:
            ForkServerEnded: it forks no more workers.
        """
        self._socket.settimeout(timeout_seconds)
        try:
            self._socket.send(json.dumps([age, is_replacement]).encode())
            answer, descriptors, _, _ = socket.recv_fds(self._socket, MESSAGE_BYTES, 1)
        except OSError as error:
            raise ForkServerEnded from error
        if not descriptors:
            raise ForkServerEnded
        return int(answer), descriptors[0]

    def close(self) -> None:
        """Let the fork server exit; its workers keep running."""
        self._state = State.ENDED
        self._socket.close()


def _rename(name: bytes) -> None:
    if LIBC is not None:
        LIBC.prctl(PR_SET_NAME, name, 0, 0, 0)


def _serve(control: socket.socket, arbiter: Arbiter, modules: Sequence[str]) -> NoReturn:
    """Import the modules, then fork a worker for each request until the master closes the socket.

    Raises:
        SystemExit: in each worker, when it ends.
    """
    for number in (*arbiter.SIGNALS, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    workers_name = Path("/proc/self/comm").read_bytes().strip()
    _rename(NAME.encode())
    # What is imported stays: to look for garbage in it takes a sixth of the time (0.2 of 1.3 s).
    gc.disable()
    try:
        for module in modules:
            importlib.import_module(module)
    except Exception:
        arbiter.log.exception("The application cannot be imported")
        control.send(_FAILED)
        os._exit(Arbiter.WORKER_BOOT_ERROR)
    # What stays in the permanent generation is not written to by collections, so it stays shared.
    gc.collect()
    gc.freeze()
    gc.enable()
    control.send(_READY)
    while request := control.recv(MESSAGE_BYTES):
        age, is_replacement = json.loads(request)
        is_adopted, adopt = os.pipe()
        between = os.fork()
        if not between:
            os.close(adopt)
            _rename(workers_name)
            _fork_worker(control, arbiter, age, is_replacement, is_adopted)
        _, status = os.waitpid(between, 0)
        if status:
            control.send(_FAILED)
        else:
            os.write(adopt, b"y")
        os.close(is_adopted)
        os.close(adopt)
    os._exit(0)


def _fork_worker(
    control: socket.socket, arbiter: Arbiter, age: int, is_replacement: bool, is_adopted: int
) -> NoReturn:
    """Let gunicorn fork a worker from this process, tell the master about it, and end.

    Raises:
        SystemExit: in the worker, when it ends.
    """
    configured = arbiter.cfg.post_fork

    def wait_for_adoption(arbiter: Arbiter, worker: Worker) -> None:
        control.close()
        # Empty if the fork server was killed meanwhile.
        if not os.read(is_adopted, 1):
            raise SystemExit(Arbiter.WORKER_BOOT_ERROR)
        os.close(is_adopted)
        configured(arbiter, worker)

    try:
        arbiter.cfg.set("post_fork", wait_for_adoption)
        arbiter.worker_class.is_replacement = is_replacement
        arbiter.worker_age = age - 1
        pid = Arbiter.spawn_worker(arbiter)
        heartbeat = arbiter.WORKERS[pid].tmp.fileno()
        socket.send_fds(control, [str(pid).encode()], [heartbeat])
        os._exit(0)
    except Exception:
        arbiter.log.exception("The fork server has failed to fork a worker")
        os._exit(1)
