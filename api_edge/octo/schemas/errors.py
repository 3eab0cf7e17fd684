"""The response model of errors, and the documentation of each operation's errors."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field

from api_edge.http.strict_models import ResponseModel, capability_field
from api_edge.octo.refusals import octo_refusal
from shared_domain import partners, postgres
from shared_domain.refusals import Refused


class ErrorCode(StrEnum):
    """OCTO's codes, and our own for 429. None stands for a path or method that does not exist."""

    INVALID_PRODUCT_ID = "INVALID_PRODUCT_ID"
    INVALID_OPTION_ID = "INVALID_OPTION_ID"
    INVALID_UNIT_ID = "INVALID_UNIT_ID"
    INVALID_AVAILABILITY_ID = "INVALID_AVAILABILITY_ID"
    INVALID_BOOKING_UUID = "INVALID_BOOKING_UUID"
    BAD_REQUEST = "BAD_REQUEST"
    UNPROCESSABLE_ENTITY = "UNPROCESSABLE_ENTITY"
    UNAUTHORIZED = "UNAUTHORIZED"
    FORBIDDEN = "FORBIDDEN"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


EXAMPLE_REQUEST_ID = "3f1c9a52-7d0e-4b86-a1f4-9c2d5e8b7a60"


class ErrorResponse(ResponseModel):
    """An error. With a status below 500, this request has stored nothing.

    Neither has it with 503, unless the message says that it may be carried out or not. After that,
    and after 500, 502 or 504, look it up, or repeat it as its operation describes as safe.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": "BAD_REQUEST",
                    "errorMessage": "productId is required",
                    "requestId": EXAMPLE_REQUEST_ID,
                }
            ]
        }
    )

    error: ErrorCode
    error_message: str = Field(min_length=1, description="Names the field at fault.")
    request_id: str = Field(description="The same as the header X-Request-Id.")
    product_id: str = capability_field("INVALID_PRODUCT_ID: as it was sent.")
    option_id: str = capability_field("INVALID_OPTION_ID: as it was sent.")
    unit_id: str = capability_field("INVALID_UNIT_ID: as it was sent.")
    availability_id: str = capability_field("INVALID_AVAILABILITY_ID: as it was sent.")
    uuid: str = capability_field("INVALID_BOOKING_UUID: as it was sent.")


Responses = dict[int | str, dict[str, Any]]

_DESCRIPTIONS = {
    400: "The request is malformed, names something unknown, or is refused.",
    401: "No API key was sent.",
    403: "The API key is unknown, expired or revoked, or lacks the needed scope.",
    429: "Too many calls; try again after the seconds in Retry-After.",
    500: "An unexpected error; please report it with its requestId.",
    503: "Busy or restarting; try again after the seconds in Retry-After.",
}


def error_responses(*refusals: Refused, scope: partners.Scope, bad_request: str = "") -> Responses:
    """Document an operation's errors: the given ones and those of every operation.

    ``bad_request`` is an example of the message for a request of the wrong shape.
    """
    listed: dict[int, dict[str, Mapping[str, Any]]] = {}
    if bad_request:
        listed[400] = {"malformed request": _example("BAD_REQUEST", bad_request)}
    of_every_operation = (
        partners.EnvironmentUnknown(),
        partners.KeyMissing(),
        partners.KeyMalformed(),
        partners.ScopeMissing(needed=scope.value),
        partners.TestKeyCannotGoLive(),
    )
    for refusal in (*refusals, *of_every_operation):
        error, message, echo = octo_refusal(refusal)
        example = _example(error.code, message)
        if error.echoes and echo:
            example["value"][error.echoes] = echo
        listed.setdefault(error.status, {})[f"{error.code}: {type(refusal).__name__}"] = example
    too_many = "too many calls: this API key may make 100 in a second; nothing was done"
    listed[429] = {"TOO_MANY_REQUESTS": _example("TOO_MANY_REQUESTS", too_many)}
    for status, message in (
        (500, f"an unexpected error; please report it with the id {EXAMPLE_REQUEST_ID}"),
        (503, postgres.NOTHING_DONE),
    ):
        listed[status] = {"INTERNAL_SERVER_ERROR": _example("INTERNAL_SERVER_ERROR", message)}
    return {
        status: {
            "model": ErrorResponse,
            "description": _DESCRIPTIONS[status],
            "content": {"application/json": {"examples": examples}},
        }
        for status, examples in sorted(listed.items())
    }


def _example(code: str, message: str) -> dict[str, Any]:
    return {
        "summary": message,
        "value": {"error": code, "errorMessage": message, "requestId": EXAMPLE_REQUEST_ID},
    }
