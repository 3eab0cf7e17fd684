"""Run an async service from synchronous code, as Django does, without an event loop."""

from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class WouldHaveWaited(RuntimeError):
    """A service run by ``run_now`` tried to wait for something.

    You are seeing this because either:

    - the service was given a store meant for FastAPI (look at the call to ``run_now``: the
      store should be built on ``core_site.database.DjangoDatabase``), or
    - the service awaits something other than its stores, such as ``asyncio.sleep`` or an HTTP
      client. Move that out of the service.

    Do not catch this error; it marks a programming mistake.
    """


def run_now(service: Coroutine[Any, Any, Result]) -> Result:
    """Run a service to its end in this thread, without an event loop.

    Costs about half a microsecond, because a service on ``DjangoDatabase`` never suspends.

    Raises:
        WouldHaveWaited: the service suspended; see its docstring for the repair.
    """
    try:
        service.send(None)
    except StopIteration as finished:
        result: Result = finished.value
        return result
    service.close()
    raise WouldHaveWaited(f"{service!r} waited for something. {WouldHaveWaited.__doc__}")
