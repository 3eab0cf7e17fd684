"""Middleware that carries out dry runs: it calls the view, and rolls back everything it wrote.

In ``MIDDLEWARE`` it must precede everything that writes, such as sessions. Only the edge can
request a dry run: at ``DRY_RUN_PATH``, with a token of the shared key (``PORTICO_PARITY_KEY``) in a
header that the edge removes from callers' requests.
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from inspect import iscoroutinefunction
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.http.request import HttpHeaders
from django.urls import get_script_prefix
from django.utils.encoding import repercent_broken_unicode

from core_site.database import is_transient
from core_site.environment import env
from core_site.rollout.dry_runs.caches import copy_on_write_caches
from core_site.rollout.dry_runs.opt_in import dry_run_reason
from core_site.rollout.dry_runs.transactions import (
    DryRunTransaction,
    RollbackImpossible,
    TransactionEnded,
    collect_effects,
    dry_run_transactions,
)
from core_site.rollout.dry_runs.ways_out import block_ways_out
from shared_domain import deadline
from shared_domain.rollout.django_dry_runs import DjangoDryRun, DryRunRequest, DryRunVerdict
from shared_domain.rollout.wire import DRY_RUN_HEADER, DRY_RUN_PATH, SHADOW_HEADER

logger = logging.getLogger(__name__)

NO_OPT_IN = "the view has no @dry_run_is_safe"

_DRY_RUN_META = HttpHeaders.to_wsgi_name(DRY_RUN_HEADER)
_SHADOW_META = HttpHeaders.to_wsgi_name(SHADOW_HEADER)


class _DryRunRequest(HttpRequest):
    portico_dry_run: "_Run"


class DryRunMiddleware:
    """Answers the edge's requests for dry runs; every other request goes to the next middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        #: Views that allow dry runs and have ended the transaction of one; a few at most.
        self._ending: set[Callable[..., Any]] = set()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = _parse_dry_run_request(request)
        if wanted is None:
            return self._get_response(request)
        found = self._dry_run(request, wanted)
        return HttpResponse(
            found.to_bytes(),
            content_type="application/octet-stream",
            headers={DRY_RUN_HEADER: found.verdict.value.replace(" ", "-")},
        )

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_: object
    ) -> HttpResponse | None:
        """Refuse the dry run of a view that does not allow it, before the view is called."""
        run: _Run | None = getattr(request, "portico_dry_run", None)
        if run is None:
            return None
        run.view = view
        run.objection = _check_view(view, request.method or "")
        if run.objection is None and view in self._ending:
            run.objection = "the view ended the transaction of an earlier dry run"
        return None if run.objection is None else HttpResponse(status=409)

    def _dry_run(self, request: HttpRequest, wanted: DryRunRequest) -> DjangoDryRun:
        run = _Run()
        _redirect_to_path(wanted.path, request)
        cast(_DryRunRequest, request).portico_dry_run = run
        # DjangoCallRecorder does not count calls with this header.
        request.META[_SHADOW_META] = "1"
        begun: list[DryRunTransaction] = []
        try:
            with (
                deadline.within(2 * wanted.milliseconds / 1000),
                copy_on_write_caches(),
                dry_run_transactions(
                    milliseconds=wanted.milliseconds, reader=wanted.reader
                ) as begun,
            ):
                return self._carry_out(request, run, begun)
        except RollbackImpossible as reason:
            if isinstance(reason, TransactionEnded) and run.view is not None:
                logger.error("a view ended the transaction of a dry run; no other is made of it")
                self._ending.add(run.view)
            if any(one.was_blocked for one in begun):
                return DjangoDryRun(verdict=DryRunVerdict.ABANDONED)
            return _refuse(str(reason), is_lasting=reason.is_lasting)
        except Error as problem:
            if is_transient(problem):
                return DjangoDryRun(verdict=DryRunVerdict.ABANDONED)
            return _refuse(f"the database: {type(problem).__name__}")
        finally:
            if run.response is not None and run.response.streaming:
                # Not before: it tells Django that the request has ended.
                run.response.close()

    def _carry_out(
        self, request: HttpRequest, run: "_Run", begun: list[DryRunTransaction]
    ) -> DjangoDryRun:
        own = [one.connection.connection for one in begun]
        with ExitStack() as stack:
            for one in begun:
                stack.enter_context(one.connection.execute_wrapper(one.watch))
            refused = stack.enter_context(block_ways_out(*own))
            began_at = time.perf_counter()
            response = run.response = self._get_response(request)
            took = (time.perf_counter() - began_at) * 1000
        objection = run.objection
        if refused:
            objection = f"the view used {', '.join(dict.fromkeys(refused))}"
        elif objection is None and response.streaming:
            objection = "its answer is a stream"
        if objection is None and any(one.was_blocked for one in begun):
            return DjangoDryRun(verdict=DryRunVerdict.ABANDONED)
        if objection is not None:
            # A view that tried a way out once will try it again.
            return _refuse(objection, is_lasting=run.objection is not None or bool(refused))
        for one in begun:
            one.finish()
        effects, snapshot = collect_effects(begun)
        return DjangoDryRun(
            verdict=DryRunVerdict.DONE,
            status=response.status_code,
            headers=_header_pairs(response),
            body=response.content,
            effects=effects,
            snapshot=snapshot,
            milliseconds=took,
        )


class _Run:
    """The state of one dry run; it is refused until a view that allows it was found."""

    def __init__(self) -> None:
        self.objection: str | None = NO_OPT_IN
        self.view: Callable[..., Any] | None = None
        self.response: HttpResponse | None = None


def _parse_dry_run_request(request: HttpRequest) -> DryRunRequest | None:
    """Return the dry run that the edge asks for; None for any other request."""
    if request.path_info != DRY_RUN_PATH:
        return None
    wanted = DryRunRequest.parse(request.META.get(_DRY_RUN_META, ""))
    key = env("PORTICO_PARITY_KEY") or ""
    return wanted if wanted is not None and wanted.has_token(key) else None


def _redirect_to_path(path: str, request: HttpRequest) -> None:
    """Set the path of a request, as Django's handler reads it from the server."""
    decoded = repercent_broken_unicode(unquote_to_bytes(path)).decode()
    prefix = get_script_prefix()
    if decoded.startswith(prefix):
        decoded = "/" + decoded[len(prefix) :]
    request.path_info = decoded
    request.path = prefix.rstrip("/") + decoded
    request.META["PATH_INFO"] = decoded


def _check_view(view: Callable[..., Any], method: str) -> str | None:
    """Return why a view allows no dry run with this method, None when it does."""
    if dry_run_reason(view, method) is None:
        return NO_OPT_IN
    if getattr(view, "_non_atomic_requests", None):
        return "the view is marked by transaction.non_atomic_requests"
    if iscoroutinefunction(view) or getattr(view, "view_is_async", False):
        return "the view is asynchronous"
    return None


def _refuse(reason: str, *, is_lasting: bool = False) -> DjangoDryRun:
    return DjangoDryRun(verdict=DryRunVerdict.REFUSED, reason=reason, is_lasting=is_lasting)


def _header_pairs(response: HttpResponse) -> tuple[tuple[str, str], ...]:
    cookies = [("Set-Cookie", cookie.output(header="")) for cookie in response.cookies.values()]
    return tuple((name, str(value)) for name, value in (*response.items(), *cookies))
