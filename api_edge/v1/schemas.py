"""Response models of errors under ``/v1``: problem details and field errors."""

from typing import Any

from pydantic import Field

from api_edge.http.strict_models import ResponseModel, without_default


class FieldError(ResponseModel):
    """One thing that is wrong with the request."""

    field: str = Field(description="Where, as in `age`; empty for the body itself.")
    rule: str = Field(
        description="What it breaks, for programs: `required`, `known_field`, `sent_twice`, "
        "`text`, `whole_number`, `boolean`, `list`, `object`, `length`, `characters`, `range`, "
        "`choice`, or the name of a value of its own kind, such as `email_address`. "
        "`/v1/statements` has other names, and `/v1/users` may have."
    )
    # Django's answers have none.
    given: str = Field(
        default="",
        description="The kind of value that was sent, as in `text`. `/v1/statements` leaves it "
        "out, and `/v1/users` may.",
        json_schema_extra=without_default,
    )
    message: str = Field(description="What would be right, for people.")


class Fingerprints(ResponseModel):
    """Fingerprints of two different requests that were sent with the same Idempotency-Key."""

    first: str = Field(description="Of the request that was carried out.")
    repeated: str = Field(description="Of the request that was refused.")


class Problem(ResponseModel):
    """A problem (RFC 9457). With a status below 500, this request has stored nothing.

    Neither has it with 503, unless the message says that it may be carried out or not. After that,
    and after 500, 502 or 504, look it up, or repeat it as its operation describes as safe.
    """

    type: str = Field(description="Names the problem for ever; `about:blank` when it has no name.")
    title: str
    status: int
    detail: str = Field(description="Names the field at fault, and what would be right.")
    # Only these are left out where they say nothing.
    field: str = Field(
        default="", description="The first field at fault.", json_schema_extra=without_default
    )
    errors: list[FieldError] = Field(
        default=[],
        description="Each flaw of a request that has the wrong shape.",
        json_schema_extra=without_default,
    )
    fingerprints: Fingerprints = Field(
        default=Fingerprints(first="", repeated=""),
        description="Of `idempotency-key-reused`, whose `field` names the first part that differs.",
        json_schema_extra=without_default,
    )
    request_id: str = Field(description="The same as the header X-Request-Id.")


def problem_schemas() -> dict[str, Any]:
    """Return the schemas of every error, by name, for the OpenAPI document."""
    schema = Problem.model_json_schema(
        mode="serialization", ref_template="#/components/schemas/{model}"
    )
    return {**schema.pop("$defs"), "Problem": schema}
