"""A caller has the name that the shop's function returns; without a usable one it is no canary."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request

from api_edge.auth import callers
from api_edge.auth.callers import CallerIdentifier, caller_name


def named(identify: Callable[[Request], Any]) -> tuple[str | None, str | None]:
    """Return the name for the canary, and the one that comparisons take down."""
    scope = {"type": "http", "headers": [(b"authorization", b"Token abc")], "state": {}}
    name = asyncio.run(CallerIdentifier(identify, None).identify(Request(scope), by_key=True))
    return name, caller_name(scope["state"])


async def by_token(request: Request) -> str:
    return f"caller of {request.headers['authorization']}"


def broken(request: Request) -> str:
    raise LookupError(request.headers["authorization"])


async def hanging(request: Request) -> str:
    await asyncio.Event().wait()
    raise AssertionError("the event is never set")


def test_a_function_may_wait_or_not() -> None:
    assert named(by_token) == ("caller of Token abc",) * 2
    assert named(lambda request: "alice") == ("alice", "alice")


@pytest.mark.parametrize("unusable", ["", "x" * 201, "a\0b", "\ud800", 7, None])
def test_what_cannot_be_stored_is_no_name(unusable: object) -> None:
    assert named(lambda request: unusable) == (None, None)


@pytest.mark.parametrize("identify", [broken, hanging])
def test_a_function_that_fails_stops_no_caller(
    identify: Callable[[Request], Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(callers, "IDENTIFYING_SECONDS", 0.05)

    assert named(identify) == (None, None)
    assert "could not be identified" in caplog.text
    assert "abc" not in caplog.text
