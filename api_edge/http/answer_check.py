"""Validates answers against the response models that document them.

Renderers fill structs that nothing validates (``answer_structs``). So the JSON of an answer is read
back by its endpoint's model, strictly: every key must be there and documented, every value of its
type. With ``PORTICO_CHECK_ANSWERS`` that is done to every answer, and one that differs becomes a
500 before anything is committed: all tests run so. Otherwise it is done to a sample, the first
answer of each endpoint and one in a thousand; what differs is sent, counted and logged as an error.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

logger = logging.getLogger("api_edge")

#: What is done with an endpoint's answer, before the end of its transaction.
Finish = Callable[[Request, Response], None]

SAMPLE_EVERY = 1_000

#: Longer answers are not sampled: reading one would keep other callers waiting.
MOST_SAMPLED_BYTES = 256 * 1024

#: An endpoint whose answers differ is logged this often, with how many there were.
LOG_SECONDS = 60.0

MOST_FIELDS_NAMED = 5


class AnswerNotDocumented(RuntimeError):
    """An answer is not what the endpoint's response model documents; the message says where.

    Correct the renderer or the model, whichever is wrong. Partners read the model in ``/docs``.
    """


def answer_check(route: APIRoute) -> Finish | None:
    """Return the validation of answers by the response model of ``route``; None without a model.

    Call it before the transaction commits: an answer that becomes a 500 must change nothing.
    """
    if route.response_model is None:
        return None
    check = AnswerCheck(
        route.response_model, f"{'/'.join(sorted(route.methods or ()))} {route.path}"
    )
    status = route.status_code or 200

    def check_answer(request: Request, answer: Response) -> None:
        is_json = answer.media_type == "application/json" and hasattr(answer, "body")
        if answer.status_code == status and is_json:
            check(bytes(answer.body), is_strict=request.app.state.settings.check_answers)

    return check_answer


class AnswerCheck:
    """Validates the answers of one endpoint, and counts those that differ from their model."""

    def __init__(self, model: Any, endpoint: str) -> None:
        self._model = model
        self._endpoint = endpoint
        self._adapter: TypeAdapter[object] | None = None
        self._answers = 0
        self._unreported = 0
        self._logged_at = -LOG_SECONDS
        #: Answers that differed, since the process began.
        self.differing = 0

    def __call__(self, body: bytes, *, is_strict: bool) -> None:
        """Validate an answer; without ``is_strict``, only if it is in the sample.

        Raises:
            AnswerNotDocumented: it differs, and ``is_strict``.
        """
        is_sampled = self._answers % SAMPLE_EVERY == 0
        self._answers += 1
        if not is_strict and (not is_sampled or len(body) > MOST_SAMPLED_BYTES):
            return
        if flaws := self._flaws(body):
            if is_strict:
                raise AnswerNotDocumented(f"{self._endpoint}: {flaws}")
            self._report(flaws)

    def _flaws(self, body: bytes) -> str:
        """Return where the answer differs and how, without any value; empty where it does not."""
        if self._adapter is None:
            self._adapter = TypeAdapter(self._model)
        try:
            self._adapter.validate_json(
                body, strict=True, extra="forbid", by_alias=True, by_name=False
            )
        except ValidationError as invalid:
            errors = invalid.errors(include_input=False, include_url=False, include_context=False)
            return "; ".join(
                f"{'/'.join(map(str, error['loc']))}: {error['type']}"
                for error in errors[:MOST_FIELDS_NAMED]
            )
        return ""

    def _report(self, flaws: str) -> None:
        self.differing += 1
        self._unreported += 1
        if time.monotonic() - self._logged_at >= LOG_SECONDS:
            self._logged_at = time.monotonic()
            logger.error(
                "%d sampled answers of %s are not as documented: %s",
                self._unreported,
                self._endpoint,
                flaws,
            )
            self._unreported = 0
