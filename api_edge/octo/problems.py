"""OCTO's error bodies and its error codes.

Source: OCTO, section 2. It has no code for "not found": 404 and 405 are BAD_REQUEST too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api_edge.request_state import ToldError, request_state
from shared_domain.refusals import problem_name


@dataclass(frozen=True, slots=True)
class OctoError:
    """An error of the OCTO dialect; ``echoes`` names the field that repeats what was sent."""

    code: str
    status: int = 400
    echoes: str | None = None


BAD_REQUEST = OctoError("BAD_REQUEST")
UNPROCESSABLE_ENTITY = OctoError("UNPROCESSABLE_ENTITY")
UNAUTHORIZED = OctoError("UNAUTHORIZED", 401)
FORBIDDEN = OctoError("FORBIDDEN", 403)
INTERNAL_SERVER_ERROR = OctoError("INTERNAL_SERVER_ERROR", 500)
UNAVAILABLE = OctoError("INTERNAL_SERVER_ERROR", 503)
INVALID_PRODUCT_ID = OctoError("INVALID_PRODUCT_ID", echoes="productId")
INVALID_OPTION_ID = OctoError("INVALID_OPTION_ID", echoes="optionId")
INVALID_UNIT_ID = OctoError("INVALID_UNIT_ID", echoes="unitId")
INVALID_AVAILABILITY_ID = OctoError("INVALID_AVAILABILITY_ID", echoes="availabilityId")
INVALID_BOOKING_UUID = OctoError("INVALID_BOOKING_UUID", echoes="uuid")

ENVIRONMENTS = frozenset({"test", "live"})


def octo_error_response(
    request: Request,
    error: OctoError,
    message: str,
    *,
    echo: str | None = None,
    kind: type[Exception] | None = None,
    fields: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return OCTO's ``{"error": …, "errorMessage": …}``; ``echo`` is the id at fault, as sent.

    ``kind`` and ``fields``, the names of the fields at fault, are for the record of refused calls.
    """
    body = {"error": error.code, "errorMessage": message}
    if error.echoes is not None and echo:
        body[error.echoes] = _without_surrogates(echo)
    state = request_state(request.scope)
    body["requestId"] = state["request_id"]
    at_fault = tuple(fields) or ((error.echoes,) if error.echoes else ())
    reason = problem_name(kind) if kind else ""
    state["error_told"] = ToldError(error.status, error.code, reason, at_fault)
    environment = request.headers.get("octo-env", "").strip().lower()
    if environment in ENVIRONMENTS:
        headers = {**(headers or {}), "Octo-Env": environment}
    return JSONResponse(body, error.status, headers)


def _without_surrogates(text: str) -> str:
    """Return a text that UTF-8 can encode: U+FFFD stands for each lone surrogate."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
