"""Identify the caller of a request, by whose name canaries and pins choose and evidence counts.

Portico's callers are partners, known by their API key. A shop of its own, with other callers, names
them by a function, set in ``PORTICO_IDENTIFY_CALLER`` as ``package.module:function``::

    async def identify(request: Request) -> str | None:
        token = request.headers.get("authorization", "").removeprefix("Token ")
        async with request.app.state.pool.connection() as connection:
            row = await (await connection.execute(
                "SELECT user_id FROM authtoken_token WHERE key = %s", [token]
            )).fetchone()
        return f"user {row[0]}" if row else None

It may be a plain function that does not block. A caller for which it returns None is never in a
canary. The name is stored and shown to staff, so it must not be the secret itself.
"""

import asyncio
import inspect
import logging
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from psycopg import OperationalError
from starlette.requests import Request

from api_edge.auth.authentication import bearer_token
from api_edge.auth.key_cache import KeyCache
from api_edge.request_state import RequestState, request_state
from shared_domain import deadline
from shared_domain.refusals import Refused
from shared_domain.rollout import LONGEST_CALLER_NAME, CallerName

Identify = Callable[[Request], str | Awaitable[str | None] | None]

#: After a look-up without an answer of the database, callers have no name for this long: a database
#: that is away must not delay each call of a shop that has its data elsewhere.
PAUSE_SECONDS = 1.0

#: How long a canary's caller may wait for its key to be looked up, before Django answers.
IDENTIFYING_SECONDS = 2.0

#: PostgreSQL takes no NUL, and no surrogates, which the JSON of a token may hold.
_NAME = re.compile(rf"[^\0\ud800-\udfff]{{1,{LONGEST_CALLER_NAME}}}")

logger = logging.getLogger("api_edge")


class CallerIdentifier:
    """Names the caller of a request, by the shop's own function or by Portico's API keys."""

    def __init__(self, identify: Identify | None, keys: KeyCache | None) -> None:
        self._identify = identify
        self._keys = keys
        self._paused_until = float("-inf")

    async def identify(self, request: Request, *, by_key: bool = False) -> CallerName | None:
        """Return the caller's name; None when it has none, or it cannot be looked up.

        The shop's own function is called once for a request. Without one, ``by_key`` looks up the
        partner's API key; without ``by_key``, a partner has a name only once the edge's own
        endpoint has authenticated it.
        """
        state = request_state(request.scope)
        if self._identify is None:
            if by_key and self._keys is not None:
                try:
                    with deadline.within(IDENTIFYING_SECONDS):
                        key = await self._keys.find(bearer_token(request), now=datetime.now(UTC))
                except (Refused, OperationalError):
                    return None
                return CallerName(str(key.partner_id))
        elif "caller_name" not in state:
            name = None
            if time.monotonic() >= self._paused_until:
                try:
                    async with asyncio.timeout(IDENTIFYING_SECONDS):
                        named = self._identify(request)
                        name = await named if inspect.isawaitable(named) else named
                # Of any kind: the caller is answered all the same, by Django.
                except Exception as problem:
                    self._pause_after(problem)
            state["caller_name"] = _valid_name(name)
        return caller_name(state)

    def _pause_after(self, problem: Exception) -> None:
        logger.warning("a caller could not be identified: %s", type(problem).__qualname__)
        if isinstance(problem, TimeoutError | OperationalError):
            self._paused_until = time.monotonic() + PAUSE_SECONDS


def _valid_name(name: object) -> CallerName | None:
    if name is None:
        return None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        logger.warning(
            "PORTICO_IDENTIFY_CALLER returned no text of 1 to %d characters", LONGEST_CALLER_NAME
        )
        return None
    return CallerName(name)


def caller_name(state: RequestState) -> CallerName | None:
    """Return the caller's name; None until the request is identified or authenticated."""
    if "caller_name" in state:
        return state["caller_name"]
    caller = state.get("caller")
    return CallerName(str(caller.partner_id)) if caller else None
