"""Refuse every way out of a sandbox process but the transaction that it is given.

It uses an audit hook (PEP 578), which cannot be removed: only sandbox processes have one.
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

import psycopg
import psycopg.generators
import psycopg_pool
from starlette.background import BackgroundTask

from shared_domain.ways_out import classify_way_out

#: Threads of executors, for blocking calls that the endpoint waits for.
_OF_EXECUTORS = ("anyio.", "concurrent.futures.")

#: How long a cancelled task may take to end.
STOPPING_SECONDS = 0.05


class WayOutRefused(RuntimeError):
    """An endpoint tried to reach something else than the transaction that it is given.

    You are seeing this because a dry run or a shadow of an endpoint did one of these:

    - it took a connection of its own, from a pool or by connecting: use the store that
      ``api_edge.wiring`` hands to the endpoint (``read_database``, ``write_transaction``);
    - it called another service, wrote a file, started a program, a thread or a task that goes on
      after the answer: write a row of the outbox instead, which the worker carries out.

    In a dry run such an effect would be real. Do not catch this error.
    """


class SandboxGuard:
    """Refuses ways out, and lists those that were refused since ``begin``."""

    def __init__(self) -> None:
        self._refused: list[str] = []

    def begin(self) -> None:
        """Forget the ways out of an earlier dry run."""
        self._refused.clear()

    @property
    def ways_out(self) -> tuple[str, ...]:
        """The ways out that were tried, each once, in the order of the first attempt."""
        return tuple(dict.fromkeys(self._refused))

    def refuse(self, way_out: str) -> NoReturn:
        """Note a way out and refuse it.

        Raises:
            WayOutRefused: always.
        """
        self.note(way_out)
        raise WayOutRefused(f"a dry run may use only the transaction it is given, not {way_out}")

    def note(self, way_out: str) -> None:
        self._refused.append(way_out)

    def engage(self) -> None:
        """Refuse every way out from now on, for as long as this process lives."""
        # A module that is imported late must not fail for want of a cache.
        sys.dont_write_bytecode = True
        psycopg.generators.connect = self._refuse_call("psycopg.connect")
        for pool in (psycopg_pool.AsyncConnectionPool, psycopg_pool.ConnectionPool):
            pool.getconn = self._refuse_call("psycopg_pool.getconn")  # type: ignore[method-assign]
        threading.Thread.start = self._refuse_threads()  # type: ignore[method-assign,assignment]
        BackgroundTask.__call__ = self._refuse_background_task()  # type: ignore[method-assign]
        sys.addaudithook(self._audit)

    async def cancel_leftover_tasks(self) -> None:
        """Cancel the tasks that outlast the response, and note them as ways out."""
        leftover = asyncio.all_tasks() - {asyncio.current_task()}
        for task in leftover:
            coroutine = task.get_coro()
            name = getattr(coroutine, "__qualname__", type(coroutine).__qualname__)
            self.note(f"task-after-answer:{name}")
            task.cancel()
        if leftover:
            await asyncio.wait(leftover, timeout=STOPPING_SECONDS)

    def _refuse_call(self, way_out: str) -> Callable[..., Any]:
        def refuse(*args: object, **more: object) -> NoReturn:
            self.refuse(way_out)

        return refuse

    def _refuse_threads(self) -> Callable[[threading.Thread], None]:
        # Before Python 3.12 no audit event tells of a new thread.
        start = threading.Thread.start

        def start_of_executor(thread: threading.Thread) -> None:
            if not _is_of_an_executor(thread):
                self.refuse("thread")
            start(thread)

        return start_of_executor

    def _refuse_background_task(self) -> Callable[..., Any]:
        async def refuse(task: BackgroundTask) -> None:
            name = getattr(task.func, "__qualname__", type(task.func).__qualname__)
            self.note(f"background-task:{name}")

        return refuse

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        way_out = classify_way_out(event, args)
        if way_out is not None:
            self.refuse(way_out)


class RefusedPool:
    """Replaces the pools of ``request.app.state`` in a sandbox process; every use is refused."""

    def __init__(self, guard: SandboxGuard) -> None:
        self._guard = guard

    def __getattr__(self, name: str) -> NoReturn:
        self._guard.refuse("app.state.pool")


def _is_of_an_executor(thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None)
    module = getattr(target, "__module__", None) or type(thread).__module__
    return f"{module}.".startswith(_OF_EXECUTORS)
