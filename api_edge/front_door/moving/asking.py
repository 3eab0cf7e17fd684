"""Ask either half for its answer without the caller, and keep what it says."""

import asyncio
import logging
import time
import traceback
import zlib
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api_edge.front_door.exchange import AnswerBrokenOff, Exchange
from api_edge.front_door.moving.trial import Trial
from api_edge.front_door.site import Site
from api_edge.front_door.trouble import NotPassedOn, SiteBusy
from api_edge.front_door.trusted_proxies import TrustedProxies
from shared_domain.endpoints import Answer, Outcome
from shared_domain.partners import Caller, PartnerId

logger = logging.getLogger("api_edge")

#: Longer bodies are passed on as ever, and not compared: parsing them would hold up other callers.
MOST_COMPARED_BYTES = 256 * 1024

#: They announce a body, which is not sent again: on a kept connection the site would take the
#: next request for it.
OF_A_BODY = frozenset({b"content-length", b"transfer-encoding", b"expect"})

#: What can be unpacked here; zlib tells them apart by itself.
PACKINGS = frozenset({"gzip", "x-gzip", "deflate"})


class Capture:
    """Hands messages of an answer on, and keeps a copy that is not too large."""

    def __init__(self, send: Send | None = None) -> None:
        self._send = send
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._length = 0
        self.is_whole = False
        self.started_at = 0.0
        #: How long it took until the answer began; whoever measures says so.
        self.milliseconds = 0.0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started_at = time.perf_counter()
            self._status, self._headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            part = message.get("body", b"")
            self._length += len(part)
            if self.is_too_large:
                self._parts.clear()
            elif part:
                self._parts.append(part)
            self.is_whole = not message.get("more_body", False)
        if self._send is not None:
            await self._send(message)

    @property
    def status(self) -> int:
        """The status, 0 before there is one."""
        return self._status

    @property
    def is_too_large(self) -> bool:
        return self._length > MOST_COMPARED_BYTES

    def answer(self) -> Answer | None:
        """Return what came through; None when it is too large, has no end or stays packed."""
        if not self.is_whole or self.is_too_large:
            return None
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in self._headers)
        return _unpacked(Answer(self._status, headers, b"".join(self._parts)))


@dataclass(frozen=True, slots=True)
class Asked:
    """One half's outcome, and how long it took."""

    outcome: Outcome
    milliseconds: float
    #: The half could not do it: an unexpected error, no database, no connection.
    has_failed: bool = False
    #: The database was away or busy, which says nothing of the edge's endpoint.
    is_unavailable: bool = False
    #: Whose key it was, where the edge has looked.
    partner_id: PartnerId | None = None
    #: What a rehearsal could see of the database.
    snapshot: str | None = None
    #: Whether a rehearsal has sent any statement in the transaction that it was given.
    has_used_transaction: bool = False

    @property
    def is_success(self) -> bool:
        return 200 <= self.outcome.answer.status < 300


def asked_of(capture: Capture, scope: Scope) -> Asked | None:
    """Return what a half has answered to the caller, None when it is too large to compare."""
    answer = capture.answer()
    if answer is None:
        return None
    caller = scope["state"].get("caller")
    return Asked(
        Outcome(answer),
        capture.milliseconds,
        has_failed=answer.status >= 500,
        is_unavailable="is_database_away" in scope["state"],
        partner_id=caller.partner_id if caller else None,
    )


async def ask_edge(app: ASGIApp, scope: Scope, body: bytes, *, trial: Trial) -> Asked | None:
    """Return what this process would answer; None when that is too large to compare.

    Nothing that it writes lasts: ``trial`` is the only way to the database that it is given, and
    it runs in a process that has no other (``sandbox``). The caller ends it.
    """
    capture = Capture()
    state = {**scope["state"], "trial": trial}
    # What belongs to the real call: who was found to be calling, and the server's own headers.
    for name in ("caller", "own_headers", "transaction", "is_database_away"):
        state.pop(name, None)
    tried = {**scope, "state": state}
    began_at = time.perf_counter()
    try:
        await app(tried, given(body), capture)
    except Exception as unexpected:
        if not capture.is_whole:
            logger.warning(
                "request %s: tried on the edge: %s\n%s",
                state["request_id"],
                type(unexpected).__qualname__,
                "".join(traceback.format_tb(unexpected.__traceback__)),
            )
            return _failed(began_at)
    answer = capture.answer()
    if answer is None:
        return None
    took = (capture.started_at - began_at - trial.overhead_seconds) * 1000
    caller: Caller | None = state.get("caller")
    return Asked(
        Outcome(answer, trial.effects),
        took,
        has_failed=answer.status >= 500,
        is_unavailable="is_database_away" in state,
        partner_id=caller.partner_id if caller else None,
        snapshot=trial.snapshot,
        has_used_transaction=trial.was_used,
    )


async def ask_site(site: Site, proxies: TrustedProxies, scope: Scope) -> Asked | None:
    """Return what the site answers to a read that is asked once more; None when it is too large,
    or the site too busy.

    The request says that it is a shadow, so that the site does not count it as a call.
    """
    capture = Capture()
    state = {**scope["state"], "is_shadow": True}
    state.pop("own_headers", None)
    headers = [it for it in scope["headers"] if it[0] not in OF_A_BODY]
    asked = {**scope, "state": state, "headers": headers}
    began_at = time.perf_counter()
    try:
        await Exchange(site, proxies, asked, given(b""), capture).run()
    except SiteBusy:
        # Callers come first: what was to be compared is left out.
        return None
    except (NotPassedOn, AnswerBrokenOff):
        return _failed(began_at)
    answer = capture.answer()
    if answer is None:
        return None
    took = (capture.started_at - began_at) * 1000
    return Asked(Outcome(answer), took, has_failed=answer.status >= 500)


def given(body: bytes) -> Receive:
    """Return what receives a body that is already here, from a caller that never hangs up."""
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if parts:
            return parts.pop()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    return receive


def _failed(began_at: float) -> Asked:
    took = (time.perf_counter() - began_at) * 1000
    return Asked(Outcome(Answer(500, (), b"")), took, has_failed=True)


def _unpacked(answer: Answer) -> Answer | None:
    """Return the answer without its packing, which only one of the halves may do.

    None when that is too large, or packed in a way that nobody here can undo.
    """
    packing = (answer.header("content-encoding") or "identity").strip().lower()
    if packing == "identity" or not answer.body:
        return answer
    if packing not in PACKINGS:
        return None
    unpacking = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
    try:
        body = unpacking.decompress(answer.body, MOST_COMPARED_BYTES + 1)
    except zlib.error:
        return answer
    if len(body) > MOST_COMPARED_BYTES:
        return None
    headers = tuple(it for it in answer.headers if it[0] != "content-encoding")
    return Answer(answer.status, headers, body)
