"""Decides for each request which half answers it, and whether the other one is asked as well."""

import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime

from psycopg import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api_edge.authentication import secret_of
from api_edge.database import Pool
from api_edge.error_answers import answer_database_trouble
from api_edge.front_door.moving.asking import MOST_COMPARED_BYTES, Asked, Capture
from api_edge.front_door.moving.bodies import Taken
from api_edge.front_door.moving.budgets import Budgets
from api_edge.front_door.moving.canary import answer_by_edge
from api_edge.front_door.moving.comparisons import Comparisons, Found
from api_edge.front_door.moving.ledger import Ledger
from api_edge.front_door.moving.own import API_PREFIXES, OwnEndpoint, OwnEndpoints
from api_edge.front_door.moving.second_opinions import SecondOpinions
from api_edge.front_door.moving.stages import Stages
from api_edge.front_door.pass_through import EDGE_OWNS, PassThrough
from api_edge.front_door.site import Site
from api_edge.key_cache import KeyCache
from api_edge.listening import Listener
from api_edge.settings import Settings
from shared_domain.endpoints import Endpoint, Outcome, Side, Stage
from shared_domain.partners import PartnerId
from shared_domain.refusals import Refused

#: Source: the edge's own endpoints read no more than this of a body.
MOST_BODY_BYTES = 1024 * 1024

#: A call that nobody waited for is no failure of either half. Source: nginx's log has it so.
CALLER_HAS_GONE = 499

#: Asks for a comparison at once, whatever the stage; its value is ``token_of`` the parity key.
COMPARE = b"portico-compare"


class Moving:
    """Everything that a request may need on its way through the stages.

    Without a site behind it, the edge answers what it has, and what it does is still counted.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        own: OwnEndpoints,
        site: Site | None,
        pass_through: PassThrough | None,
        settings: Settings,
        listener: Listener,
        keys: KeyCache,
        pool: Pool,
        trial_pool: Pool,
    ) -> None:
        self._app = app
        self._own = own
        self._pass_through = pass_through
        self._keys = keys
        self._pool = pool
        # Without a shared key nobody can ask for a comparison, and hashes are this process's own.
        key = (settings.parity_key or secrets.token_hex(32)).encode()
        self._token = token_of(key).encode()
        self._stages = Stages(listener, pool, own=own.names)
        self._ledger = Ledger(pool)
        self._budgets = Budgets(pool, self._stages)
        self._comparisons = Comparisons(self._ledger, self._stages, self._budgets, key=key)
        self._opinions = SecondOpinions(
            app,
            site,
            settings.trusted_proxies,
            trial_pool,
            self._ledger,
            self._comparisons,
            rehearsal_seconds=settings.rehearsal_seconds,
        )

    async def start(self) -> None:
        """Learn the stages, and begin to write down what happens."""
        await self._stages.start()
        await self._ledger.start()

    async def stop(self) -> None:
        """Give up what nobody waits for, and write down what is left."""
        await self._opinions.stop()
        await self._stages.stop()
        await self._ledger.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = self._own.find(scope["method"], scope["path"])
        endpoint = self._stages.find(scope["method"], scope["path"])
        self._opinions.callers += 1
        try:
            if self._pass_through is None and own is not None:
                await self._by_edge(endpoint, own, scope, receive, send)
            elif endpoint is not None and self._pass_through is not None:
                await self._by_stage(endpoint, own, scope, receive, send)
            elif own is None:
                await self._by_nobody_known(scope, receive, send)
            elif self._stages.are_known or scope["path"].startswith(EDGE_OWNS):
                await self._app(own.scope_of(scope), receive, send)
            else:
                # It has never been told who answers this. Guessing could be twice wrong.
                answer = await answer_database_trouble(Request(scope), OperationalError())
                await answer(scope, receive, send)
        finally:
            self._opinions.callers -= 1

    async def _by_nobody_known(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no endpoint of the edge, unless it belongs to the edge alone.

        The edge's routes are not asked: they would answer for another method of their path, and
        their patterns fit a path that ends with a line feed.
        """
        path: str = scope["path"]
        is_of_the_api = path.startswith(API_PREFIXES) and not path.startswith(EDGE_OWNS)
        if (
            self._pass_through is not None
            and is_of_the_api
            and not self._stages.is_left_to_edge(path)
        ):
            await self._pass_through(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _by_stage(
        self,
        endpoint: Endpoint,
        own: OwnEndpoint | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if own is None:
            # Another process may have it already, or still; this one passes it on.
            if scope["method"] == endpoint.method and self._opinions.wants_to_watch(endpoint):
                await self._watched(endpoint, scope, receive, send)
            else:
                await self._by_django(endpoint, scope, receive, send)
            return
        is_plain = scope["method"] == endpoint.method and not (
            endpoint.is_read and _has_body(scope)
        )
        if is_plain and endpoint.is_on_site and self._is_asked_to_compare(scope):
            await self._compared_at_once(endpoint, own, scope, receive, send)
            return
        if endpoint.stage in (Stage.EDGE, Stage.RETIRED):
            await self._by_edge(endpoint, own, scope, receive, send)
            return
        if endpoint.stage is Stage.CANARY:
            partner_id = await self._partner(scope)
            if endpoint.answered_by(partner_id) is Side.EDGE:
                await self._by_canary(endpoint, own, scope, receive, send)
                return
        has_shadow = endpoint.stage in (Stage.SHADOW, Stage.CANARY)
        if not (has_shadow and is_plain and self._opinions.wants(endpoint)):
            await self._by_django(endpoint, scope, receive, send)
        elif endpoint.is_read:
            await self._shadowed(endpoint, own, scope, receive, send)
        else:
            await self._rehearsed(endpoint, own, scope, receive, send)

    async def _by_django(
        self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send
    ) -> Capture:
        capture, began_at, status = Capture(send), time.perf_counter(), 0
        try:
            await self._pass_on(scope, receive, capture)
            # Whoever is still there is answered, if only with a 502.
            status = capture.status or CALLER_HAS_GONE
        finally:
            took = ((capture.started_at or time.perf_counter()) - began_at) * 1000
            capture.milliseconds = took
            self._ledger.called(endpoint, Side.DJANGO, status, took)
        await self._budgets.took(endpoint, Side.DJANGO, capture.status, took)
        return capture

    async def _by_edge(
        self,
        endpoint: Endpoint | None,
        own: OwnEndpoint,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if endpoint is None:
            await self._app(own.scope_of(scope), receive, send)
            return
        wants_shadow = (
            endpoint.is_reverse_shadowed
            and endpoint.is_read
            and scope["method"] == endpoint.method
            and not _has_body(scope)
            and self._opinions.wants(endpoint)
        )
        capture, began_at, status = Capture(send), time.perf_counter(), 0
        try:
            await self._app(own.scope_of(scope), receive, capture)
            status = capture.status
        except ClientDisconnect:
            status = CALLER_HAS_GONE
            raise
        finally:
            took = ((capture.started_at or time.perf_counter()) - began_at) * 1000
            self._ledger.called(endpoint, Side.EDGE, status, took)
            if status == 0 or status >= 500:
                await self._failed(endpoint, scope)
        await self._budgets.took(endpoint, Side.EDGE, status, took)
        if wants_shadow:
            self._start_comparing(endpoint, own, scope, edge=_asked(capture, took, scope))

    async def _by_canary(
        self, endpoint: Endpoint, own: OwnEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        taken = Taken(receive)
        if not await taken.up_to(MOST_BODY_BYTES):
            # What cannot be given twice goes where it has always gone.
            await self._by_django(endpoint, scope, taken.receive(), send)
            return
        began_at = time.perf_counter()
        capture = Capture(send)
        try:
            tried = await answer_by_edge(
                self._app, own.scope_of(scope), taken, capture, pool=self._pool
            )
        except Exception:
            # Something is stored, or may be: the partner has to hear of it, and Django must not.
            took = (time.perf_counter() - began_at) * 1000
            self._ledger.called(endpoint, Side.EDGE, 0, took)
            await self._failed(endpoint, scope)
            raise
        took = (time.perf_counter() - began_at) * 1000
        if tried.must_fall_back:
            self._ledger.counts(endpoint).fell_back += 1
            try:
                await self._by_django(endpoint, scope, taken.receive(), send)
            finally:
                await self._failed(endpoint, scope)
            return
        await tried.held.let_go()
        self._ledger.called(endpoint, Side.EDGE, tried.held.status, took)
        await self._budgets.took(endpoint, Side.EDGE, tried.held.status, took)
        is_compared = endpoint.is_read and scope["method"] == "GET" and not _has_body(scope)
        if tried.has_failed:
            await self._failed(endpoint, scope)
        elif is_compared and self._opinions.wants(endpoint):
            self._start_comparing(endpoint, own, scope, edge=_asked(capture, took, scope))

    async def _shadowed(
        self, endpoint: Endpoint, own: OwnEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        capture = await self._by_django(endpoint, scope, receive, send)
        if capture.status:
            django = _asked(capture, capture.milliseconds, scope)
            self._start_comparing(endpoint, own, scope, django=django)

    async def _watched(
        self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass it on, and keep it sanitised: so is known what an edge endpoint will have to do."""
        taken = Taken(receive)
        is_small = await taken.up_to(MOST_COMPARED_BYTES)
        capture = await self._by_django(endpoint, scope, taken.receive(), send)
        answer = capture.answer()
        if is_small and answer is not None:
            self._opinions.start(
                endpoint, self._opinions.watch(endpoint, scope, taken.body, answer)
            )

    async def _rehearsed(
        self, endpoint: Endpoint, own: OwnEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        taken = Taken(receive)
        if not await taken.up_to(MOST_COMPARED_BYTES):
            self._ledger.counts(endpoint).too_large += 1
            await self._by_django(endpoint, scope, taken.receive(), send)
            return
        edge = await self._opinions.rehearse(endpoint, scope, taken.body)
        capture = await self._by_django(endpoint, scope, taken.receive(), send)
        if edge is None or not capture.status:
            return
        django = _asked(capture, capture.milliseconds, scope)
        if django is None:
            self._ledger.counts(endpoint).too_large += 1
            return
        self._opinions.start(
            endpoint,
            self._opinions.compare_write(
                endpoint, own, scope, taken.body, django=django, edge=edge
            ),
        )

    async def _compared_at_once(
        self, endpoint: Endpoint, own: OwnEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer with Django's answer, and with what comparing it has shown, in headers."""
        taken, held = Taken(receive), _Messages()
        if not await taken.up_to(MOST_COMPARED_BYTES):
            await self._by_django(endpoint, scope, taken.receive(), send)
            return
        edge = None
        if not endpoint.is_read:
            edge = await self._opinions.rehearse(endpoint, scope, taken.body)
        # Nobody's call: neither half counts it.
        scope["state"]["is_shadow"] = True
        capture, began_at = Capture(held), time.perf_counter()
        await self._pass_on(scope, taken.receive(), capture)
        took = ((capture.started_at or time.perf_counter()) - began_at) * 1000
        django = _asked(capture, took, scope)
        found: Found | None = None
        if django is not None and endpoint.is_read:
            found = await self._opinions.bounded(
                endpoint, self._opinions.compare_read(endpoint, own, scope, django=django)
            )
        elif django is not None and edge is not None:
            found = await self._opinions.bounded(
                endpoint,
                self._opinions.compare_write(
                    endpoint, own, scope, taken.body, django=django, edge=edge
                ),
            )
        verdict = "abandoned" if found is None else found.verdict
        shown = self._comparisons.shown(found, own.rules) if found else "[]"
        await held.send(
            send,
            [(b"portico-parity", verdict.encode()), (b"portico-differences", shown.encode())],
        )

    def _start_comparing(
        self,
        endpoint: Endpoint,
        own: OwnEndpoint,
        scope: Scope,
        *,
        django: Asked | None = None,
        edge: Asked | None = None,
    ) -> None:
        if django is None and edge is None:
            self._ledger.counts(endpoint).too_large += 1
            return
        self._opinions.start(
            endpoint, self._opinions.compare_read(endpoint, own, scope, django=django, edge=edge)
        )

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._pass_through is None:
            raise HTTPException(404)
        await self._pass_through(scope, receive, send)

    async def _failed(self, endpoint: Endpoint, scope: Scope) -> None:
        if not scope["state"].get("is_database_away"):
            await self._budgets.spend(endpoint, errors=1)

    async def _partner(self, scope: Scope) -> PartnerId | None:
        """Return whose key it is; None when it is nobody's, or cannot be looked up."""
        try:
            key = await self._keys.find(secret_of(Request(scope)), now=datetime.now(UTC))
        except (Refused, OperationalError):
            return None
        return key.partner_id

    def _is_asked_to_compare(self, scope: Scope) -> bool:
        sent = [value for name, value in scope["headers"] if name == COMPARE]
        return len(sent) == 1 and hmac.compare_digest(sent[0], self._token)


class FrontDoor:
    """The middleware: what partners call goes by its stage, everything else its usual way."""

    def __init__(self, app: ASGIApp, *, own: OwnEndpoints) -> None:
        self.app = app
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["app"].state.behind_the_door = self.app
        moving: Moving | None = getattr(scope["app"].state, "moving", None)
        if scope["type"] != "http" or moving is None:
            await self.app(scope, receive, send)
        else:
            await moving(scope, receive, send)


class _Messages:
    """An answer that waits for headers of our own."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self._messages.append(message)

    async def send(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        for message in self._messages:
            if message["type"] == "http.response.start":
                message["headers"].extend(headers)
            await send(message)


def _has_body(scope: Scope) -> bool:
    """Return whether a read brings a body, which is not asked a second time."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def token_of(parity_key: bytes) -> str:
    """Return what a request must bear to be compared at once."""
    return hmac.new(parity_key, b"portico compare", hashlib.sha256).hexdigest()


def _asked(capture: Capture, milliseconds: float, scope: Scope) -> Asked | None:
    answer = capture.answer()
    if answer is None:
        return None
    caller = scope["state"].get("caller")
    return Asked(
        Outcome(answer),
        milliseconds,
        has_failed=answer.status >= 500,
        partner_id=caller.partner_id if caller else None,
    )
