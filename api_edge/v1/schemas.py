"""What the house dialect asks and answers, whatever it is about."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Asked(BaseModel):
    """A request: unknown fields are refused, and nothing is converted ("1" is not 1)."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, extra="forbid", frozen=True)


class Answer(BaseModel):
    """An answer: every key is sent, null where there is no value."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=False,
        serialize_by_alias=True,
    )


class Flaw(Answer):
    """One thing that is wrong with the request."""

    field: str = Field(description="Where, as in `age`; empty for the body itself.")
    rule: str = Field(
        description="What it breaks, for programs: `required`, `known_field`, `text`, "
        "`whole_number`, `length`, `characters`, `email_address`, `range`, `object`."
    )
    given: str = Field(description="The kind of value that was sent, as in `text`.")
    message: str = Field(description="What would be right, for people.")


class Problem(Answer):
    """Why there is no answer (RFC 9457). Nothing was stored."""

    type: str = Field(description="Names the problem for ever; `about:blank` when it has no name.")
    title: str
    status: int
    detail: str = Field(description="Names the field at fault, and what would be right.")
    # Only these two are left out where they say nothing.
    field: str = Field(default="", description="The first field at fault.")
    errors: list[Flaw] = Field(
        default=[], description="Each flaw of a request that has the wrong shape."
    )
    request_id: str = Field(description="The same as the header X-Request-Id.")


def problem_schemas() -> dict[str, Any]:
    """Return the schemas of every error, by name, for the OpenAPI document."""
    schema = Problem.model_json_schema(
        mode="serialization", ref_template="#/components/schemas/{model}"
    )
    return {**schema.pop("$defs"), "Problem": schema}
