"""Rate limits per client address and per API key: calls beyond them get 429, and do nothing.

All calls from one address count together, with a key or without, WebSocket handshakes too. Calls
with a valid key also count by key, and those of a project that names its own callers
(``PORTICO_IDENTIFY_CALLER``) by that name. The processes of one machine count together
(``token_buckets.py``). Behind a trusted proxy, the client address is the one that the proxy
forwards; a peer on a unix socket that forwards none is not counted.
"""

import logging
import time
from datetime import UTC, datetime

from psycopg import Error
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api_edge.auth.authentication import bearer_token
from api_edge.http.exception_handlers import handle_http_exception
from api_edge.http.token_buckets import TokenBuckets
from api_edge.proxy.errors import TooManyRequests, html_error_page
from api_edge.proxy.limits import Limits
from api_edge.proxy.trusted_proxies import TrustedProxies
from api_edge.proxy.websockets import reject_websocket
from api_edge.request_state import request_state
from shared_domain.environment import UNIX
from shared_domain.partners import ApiKey, KeyRefused
from shared_domain.refusals import Refused

logger = logging.getLogger("api_edge")

#: A caller that was silent may make the calls of so many seconds at once.
BURST_SECONDS = 3

#: A flood is logged this often, not once for each call.
LOG_SECONDS = 10.0


class RateLimitMiddleware:
    """ASGI middleware that answers 429 to calls beyond the limits.

    It stores in the request's state ``found_key``, the caller's ``ApiKey`` or the refusal of it,
    ``api_key_id``, and ``counted_key`` for the record of its usage.
    """

    def __init__(
        self, app: ASGIApp, *, limits: Limits, proxies: TrustedProxies, prefixes: tuple[str, ...]
    ) -> None:
        self._app = app
        self._prefixes = prefixes
        self._limits = limits
        self._proxies = proxies
        self._buckets = TokenBuckets()
        self._logged_at = -LOG_SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._open_websocket(scope, receive, send)
            return
        try:
            await self._count(scope)
        except TooManyRequests as refused:
            self._log(scope, refused)
            request = Request(scope)
            answer = html_error_page(request, refused) or await handle_http_exception(
                request, refused
            )
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _open_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a WebSocket handshake, which is a request to Django like any other."""
        try:
            self._count_address(self._proxies.client_address(scope))
        except TooManyRequests as refused:
            await reject_websocket(scope, receive, send, refused)
        else:
            await self._app(scope, receive, send)

    def _count_address(self, address: str) -> None:
        if address != UNIX:
            self._take(
                f"address {address}", self._limits.calls_per_second_per_address, "this address"
            )

    async def _count(self, scope: Scope) -> None:
        """Count one call.

        Raises:
            TooManyRequests: there were too many before it.
        """
        # Comparisons that staff ask for (``rollout replay``) come as fast as they are answered.
        router = getattr(scope["app"].state, "rollout", None)
        is_comparison = router is not None and router.is_on_demand_comparison(scope)
        if not is_comparison:
            self._count_address(self._proxies.client_address(scope))
        if router is None:
            return
        if not is_comparison and (name := await router.identify_caller(scope)):
            self._take(f"caller {name}", self._limits.calls_per_second_per_key, "this caller")
        if not scope["path"].startswith(self._prefixes):
            return
        key = await _look_up(scope)
        if isinstance(key, ApiKey):
            request_state(scope)["api_key_id"] = key.id
            per_second = key.rate_limit_per_second or self._limits.calls_per_second_per_key
            if not is_comparison:
                request_state(scope)["counted_key"] = key
                self._take(f"key {key.id}", per_second, "this API key")
        elif isinstance(key, KeyRefused) and isinstance(key.key, ApiKey) and not is_comparison:
            # Revoked or expired: its partner's page shows that it is still in use.
            request_state(scope)["counted_key"] = key.key

    def _take(self, caller: str, per_second: int, name: str) -> None:
        if not per_second:
            return
        burst = BURST_SECONDS * per_second
        wait = self._buckets.take(caller, per_second=per_second, burst=burst)
        if wait:
            message = f"too many calls: {name} may make {per_second} in a second; nothing was done"
            raise TooManyRequests(message, wait_seconds=wait)

    def _log(self, scope: Scope, refused: TooManyRequests) -> None:
        now = time.monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            state = request_state(scope)
            key = state.get("api_key_id", "none")
            logger.warning("request %s: %s (key %s)", state["request_id"], refused.detail, key)


async def _look_up(scope: Scope) -> "ApiKey | Refused | Error":
    """Return the API key of the request, or its refusal, which ``authenticate`` raises again."""
    found: ApiKey | Refused | Error
    try:
        secret = bearer_token(Request(scope))
        found = await scope["app"].state.keys.find(secret, now=datetime.now(UTC))
    except (Refused, Error) as failed:
        found = failed
    request_state(scope)["found_key"] = found
    return found
