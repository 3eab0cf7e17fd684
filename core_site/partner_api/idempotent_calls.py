"""Support of the header Idempotency-Key in Django's endpoints, by the same records as the edge's.

So an endpoint may be moved to the edge or back between two attempts of a caller: the half that gets
the repeat finds the answer that the other half has stored.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.db import connection
from django.http import HttpResponse
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core_site import stores
from core_site.partner_api.negotiation import body_as_sent
from core_site.partner_api.refusals import KEY
from core_site.postgresql.commits import CommitCheckingWrapper
from core_site.request_ids import get_request_id
from shared_domain.idempotency import (
    LONGEST_KEY,
    Answer,
    CommitAttempt,
    IdempotencyKeyReused,
    IdempotentCall,
    InvalidKey,
    KeyProblem,
    begin_call,
    build_call,
    parse_key,
    store_answer,
)
from shared_domain.partners import Access
from shared_domain.run_now import run_now


class AnswerMissing(RuntimeError):
    """A view ended its transaction without storing the answer of a request with a key.

    Return ``write.answer(Response(…))`` inside ``with self.one_transaction(request) as write``: the
    answer is stored in the same transaction, so that a repeat gets it.
    """


#: What a key must be, as the end of a sentence that begins with the header's name.
KEY_WORDS = {
    KeyProblem.EMPTY: "must not be empty",
    KeyProblem.TOO_LONG: f"must have at most {LONGEST_KEY} characters",
    KeyProblem.NOT_ASCII: "must consist of printable ASCII characters",
    KeyProblem.COMMA: "must be sent once, and must have no comma",
    KeyProblem.OPEN_QUOTE: 'must end where its quotes end: "…", or have none',
}


def idempotency_key(request: Request) -> str | None:
    """Return the key of a request, or None without one.

    Raises:
        ValidationError: the header's value is no valid key.
    """
    text = request.headers.get(KEY)
    if text is None:
        return None
    try:
        return parse_key(text)
    except InvalidKey as invalid:
        message = f"This header {KEY_WORDS[invalid.problem]}."
        raise ValidationError({KEY: [ErrorDetail(message, "invalid")]}) from None


class IdempotentWrite:
    """The write of one request, with or without a key; ``answer`` stores its response."""

    def __init__(self, call: IdempotentCall | None) -> None:
        self._call = call
        self.is_answered = call is None

    def answer(self, response: Response) -> Response:
        """Return the response, stored for the repeats of a call with a key."""
        if self._call is not None:
            attempt = CommitAttempt.with_answer()
            body = JSONRenderer().render(response.data)
            headers = dict(response.items())
            # Until it is rendered, a response has Django's default; one without a body has none.
            headers.pop("Content-Type", None)
            if body:
                headers["Content-Type"] = JSONRenderer.media_type
            kept = Answer.from_response(response.status_code, headers.items(), body)
            run_now(
                store_answer(
                    self._call, kept, record_id=attempt.record_id, store=stores.idempotency()
                )
            )
            cast(CommitCheckingWrapper, connection).recorded_attempt = attempt
        self.is_answered = True
        return response


@contextmanager
def idempotent_write(request: Request, *, access: Access) -> Iterator[IdempotentWrite]:
    """Run the block as the work of a request, inside the caller's transaction.

    Raises:
        Replayed: a request with the same key was carried out before.
        IdempotencyRefused: the key was used for another request, is in use, or has no answer left.
        AnswerMissing: the request has a key, and the block did not call ``answer``.
    """
    key = idempotency_key(request)
    if key is None:
        yield IdempotentWrite(None)
        return
    call = build_call(
        key,
        access=access,
        method=request.method or "",
        path=request.path,
        query=request.META.get("QUERY_STRING", ""),
        body=body_as_sent(request),
    )
    run_now(begin_call(call, waits=False, store=stores.idempotency()))
    write = IdempotentWrite(call)
    yield write
    if not write.is_answered:
        raise AnswerMissing


def forget_recorded_attempt() -> None:
    """Clear the recorded attempt, since a transaction that was rolled back has not stored it."""
    cast(CommitCheckingWrapper, connection).recorded_attempt = None


def fingerprints(refusal: Exception) -> dict[str, str] | None:
    """Return the fingerprints of two requests with one key; None for any other refusal."""
    if isinstance(refusal, IdempotencyKeyReused):
        return {"first": refusal.first, "repeated": refusal.repeated}
    return None


def replayed_response(request: Request, answer: Answer) -> HttpResponse:
    """Return the stored answer of the first request as the response to its repeat."""
    response = HttpResponse(answer.body, status=answer.status)
    # Django's default: an answer with a body has its own.
    del response["Content-Type"]
    for name, value in answer.headers.items():
        response[name.title()] = value
    response["Idempotency-Replayed"] = "true"
    response["X-Request-Id"] = get_request_id(request)
    return response
