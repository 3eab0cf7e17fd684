"""The documentation of each operation's problems, with their real messages."""

from collections.abc import Mapping
from typing import Any

from api_edge.v1.problems import find_fingerprints, problem_title, problem_type
from api_edge.v1.refusals import v1_refusal
from api_edge.v1.validation_errors import RequestMalformed
from shared_domain import idempotency, partners, postgres
from shared_domain.refusals import Refused

EXAMPLE_REQUEST_ID = "3f1c9a52-7d0e-4b86-a1f4-9c2d5e8b7a60"

EXAMPLE_FINGERPRINTS = "9f2c61d07b34a8e5", "05be7a1c4d92f638"

Responses = dict[int | str, dict[str, Any]]

_DESCRIPTIONS = {
    400: "The request cannot be read.",
    401: "No API key was sent, or it is unknown, expired or revoked.",
    403: "The API key may not do this.",
    404: "There is no such thing of yours.",
    409: "It contradicts what is stored.",
    410: "It was there, and is gone.",
    413: "The body is too long.",
    415: "The body is not declared as JSON.",
    422: "The request has the wrong shape; `errors` lists every flaw.",
    429: "Too many calls; try again after the seconds in Retry-After.",
    500: "An unexpected error; please report it with its requestId.",
    503: "Busy or restarting; try again after the seconds in Retry-After.",
}

_OF_EVERY_OPERATION = (
    partners.EnvironmentUnknown(),
    partners.KeyMissing(),
    partners.KeyMalformed(),
    partners.KeyUnknown(),
    partners.PartnerInactive(),
    partners.TestKeyCannotGoLive(),
)

_WITH_BODY = (
    (400, "Bad Request", "the body is not JSON: the mistake is at character 17"),
    (413, "Request Entity Too Large", "the body must be at most 1048576 bytes long"),
    (415, "Unsupported Media Type", "Content-Type must be application/json"),
)

_WITHOUT_FAULT = (
    (
        429,
        "Too Many Requests",
        "too many calls: this API key may make 100 in a second; nothing was done",
    ),
    (
        500,
        "Internal Server Error",
        f"an unexpected error; please report it with the id {EXAMPLE_REQUEST_ID}",
    ),
    (503, "Service Unavailable", postgres.NOTHING_DONE),
)

AGE_IS_TEXT = {
    "field": "age",
    "rule": "whole_number",
    "given": "text",
    "message": "must be a whole number, not text",
}

NOT_A_PARAMETER = {
    "field": "colour",
    "rule": "known_field",
    "given": "text",
    "message": "is not a parameter of this request",
}


def problem_responses(
    *refusals: Refused,
    scope: partners.Scope,
    example: Mapping[str, str],
    has_body: bool = False,
    has_key: bool | None = None,
) -> Responses:
    """Document an operation's problems: the given refusals, and those of every operation.

    ``example`` is an example of what can be wrong with the request's shape. ``has_key`` states
    whether the operation takes an idempotency key, as unsafe methods do; by default ``has_body``.
    """
    has_key = has_body if has_key is None else has_key
    listed: dict[int, dict[str, Any]] = {
        422: {"wrong shape": _example(_validation_problem(example))}
    }
    of_all = (*_OF_EVERY_OPERATION, partners.ScopeMissing(needed=scope.value))
    of_key = (
        idempotency.IdempotencyKeyReused(example["field"], *EXAMPLE_FINGERPRINTS),
        idempotency.CallStillRunning(),
        idempotency.AnswerNotKept(),
    )
    for refusal in (*refusals, *of_all, *(of_key if has_key else ())):
        examples = listed.setdefault(v1_refusal(refusal).status, {})
        examples[problem_title(type(refusal))] = _example(_refusal_problem(refusal))
    for status, title, detail in (*(_WITH_BODY if has_body else ()), *_WITHOUT_FAULT):
        listed.setdefault(status, {})[title] = _example(
            {"type": "about:blank", "title": title, "status": status, "detail": detail}
        )
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": examples,
                }
            },
        }
        for status, examples in sorted(listed.items())
    }


def _refusal_problem(refusal: Refused) -> dict[str, Any]:
    problem = v1_refusal(refusal)
    return {
        "type": problem_type(type(refusal)),
        "title": problem_title(type(refusal)),
        "status": problem.status,
        "detail": problem.message,
        "field": problem.field,
        **({"fingerprints": fingerprints} if (fingerprints := find_fingerprints(refusal)) else {}),
    }


def _validation_problem(error: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": problem_type(RequestMalformed),
        "title": problem_title(RequestMalformed),
        "status": 422,
        "detail": f"{error['field']} {error['message']}",
        "field": error["field"],
        "errors": [error],
    }


def _example(problem: dict[str, Any]) -> dict[str, Any]:
    value = problem | {"requestId": EXAMPLE_REQUEST_ID}
    return {"summary": problem["detail"], "value": value}
