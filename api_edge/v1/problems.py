"""The bodies of errors under ``/v1``: problem details by RFC 9457."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api_edge.request_state import ToldError, request_state
from shared_domain.idempotency import IdempotencyKeyReused
from shared_domain.refusals import problem_name


def problem_type(refusal: type[Exception]) -> str:
    """Return the stable name of a problem: ``urn:portico:problem:hold-expired``."""
    return f"urn:portico:problem:{problem_name(refusal)}"


def problem_title(refusal: type[Exception]) -> str:
    """Return the short, human name of a problem: ``Hold expired``."""
    return problem_name(refusal).replace("-", " ").capitalize()


def find_fingerprints(refusal: Exception) -> dict[str, str] | None:
    """Return the fingerprints of both requests with one idempotency key, for such a refusal."""
    if isinstance(refusal, IdempotencyKeyReused):
        return {"first": refusal.first, "repeated": refusal.repeated}
    return None


def problem_response(
    request: Request,
    status: int,
    message: str,
    *,
    kind: type[Exception] | None = None,
    field: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    fields: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    fingerprints: Mapping[str, str] | None = None,
) -> Response:
    """Return an RFC 9457 problem; its ``type`` is named after ``kind``, or is ``about:blank``.

    ``fields`` are the names of the fields at fault for the record of refused calls, if not
    ``field`` alone: that of a request that fails validation may be a name that the caller made up.
    """
    body: dict[str, object] = {
        "type": problem_type(kind) if kind else "about:blank",
        "title": problem_title(kind) if kind else HTTPStatus(status).phrase,
        "status": int(status),
        "detail": message,
    }
    if field:
        body["field"] = field
    if errors:
        body["errors"] = errors
    if fingerprints:
        body["fingerprints"] = fingerprints
    state = request_state(request.scope)
    body["requestId"] = state["request_id"]
    at_fault = tuple(fields) or ((field,) if field and not errors else ())
    reason = problem_name(kind) if kind else ""
    state["error_told"] = ToldError(int(status), str(body["type"]), reason, at_fault)
    return JSONResponse(body, status, headers, media_type="application/problem+json")
