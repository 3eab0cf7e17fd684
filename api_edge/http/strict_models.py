"""Base models and field types of requests and responses, with strict validation."""

import re
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic.fields import ComputedFieldInfo, FieldInfo
from pydantic_core import PydanticCustomError

from api_edge.checked_texts import CheckedBy
from shared_domain import contact_data

#: PostgreSQL stores every character but this one.
NO_NUL = r"^[^\x00]*$"

#: What each pattern asks for, in words that follow "must".
PATTERNS_IN_WORDS = {
    NO_NUL: "not contain the character U+0000",
}

MOST_UNITS = 1_000_000

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _title(name: str, _: FieldInfo | ComputedFieldInfo) -> str:
    return to_camel(name)


class ResponseModel(BaseModel):
    """Base of response models: every key is sent, null where there is no value.

    Only the fields of a capability have a default; they are left out unless they are given
    (the endpoints set ``response_model_exclude_unset``).
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=False,
        serialize_by_alias=True,
        field_title_generator=_title,
    )


class RequestModel(BaseModel):
    """Base of request models: unknown fields are ignored, no type is converted ("1" is not 1)."""

    model_config = ConfigDict(
        alias_generator=to_camel, strict=True, frozen=True, field_title_generator=_title
    )


class StrictRequestModel(RequestModel, extra="forbid"):
    """Base of request models that refuse unknown fields and parameters, as in ``/v1``."""


def field_error(field: str, rule: str, message: str) -> ValidationError:
    """Return the error that a model's validator raises about one field, by the field's alias.

    ``message`` follows the field's name, as those of the field's own validators do.
    """
    return ValidationError.from_exception_data(
        "request",
        [
            {
                "type": PydanticCustomError(rule, "{wanted}", {"wanted": message}),
                "loc": (field,),
                "input": None,
            }
        ],
    )


def without_default(schema: dict[str, Any]) -> None:
    """Take the default out of a field's schema, as ``json_schema_extra``; its description says it.

    Generators of clients take a field with a default for one that is always there: programs would
    have to send it, and would read it where an answer leaves it out.
    """
    del schema["default"]


def capability_field(description: str) -> Any:
    """Declare a response field that is sent only when its capability is applied."""
    return Field(default=None, description=description, json_schema_extra=without_default)


def _local_date(value: object) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("date_type", "must be a date in text, such as 2026-07-14")
    if not _DATE.fullmatch(value):
        raise PydanticCustomError("date_shape", "must be a date such as 2026-07-14")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("date_missing", "must be a date that exists") from None


def _uuid(value: object) -> UUID:
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise PydanticCustomError(
            "uuid_shape", "must be a UUID such as 0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18"
        )
    return UUID(value)


def null_if_blank(value: object) -> object:
    return None if isinstance(value, str) and not contact_data.strip_blanks(value) else value


LocalDate = Annotated[date, BeforeValidator(_local_date)]
Uuid = Annotated[UUID, BeforeValidator(_uuid)]

#: Identifiers and references of either side.
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=NO_NUL)]
Reference = Annotated[
    str, CheckedBy(contact_data.normalise_line, longest=contact_data.LONGEST_LINE)
]
Notes = Annotated[str, CheckedBy(contact_data.normalise_note, longest=contact_data.LONGEST_NOTE)]
Currency = Annotated[str, StringConstraints(max_length=255, pattern=NO_NUL)]
Quantity = Annotated[int, Field(ge=1, le=MOST_UNITS)]

#: However many, the supplier's ceiling cuts them.
Minutes = Annotated[int, Field(ge=1)]

#: What a guest's contact is made of; the patterns allow for the blanks that are taken off.
ContactText = Annotated[
    str, CheckedBy(contact_data.normalise_line, longest=contact_data.LONGEST_LINE)
]
EmailAddress = Annotated[
    str,
    CheckedBy(
        contact_data.normalise_email,
        longest=contact_data.LONGEST_EMAIL,
        format="idn-email",
    ),
]
Telephone = Annotated[
    str, CheckedBy(contact_data.normalise_telephone, longest=contact_data.LONGEST_LINE)
]
Country = Annotated[
    str, CheckedBy(contact_data.normalise_country, pattern=r"^\s*([A-Za-z]{2})?\s*$")
]
Locale = Annotated[
    str,
    CheckedBy(
        contact_data.normalise_locale,
        longest=contact_data.LONGEST_LOCALE,
        pattern=r"^\s*[A-Za-z]{2,3}([_-][A-Za-z0-9]{1,8})*\s*$",
        takes_blank=False,
    ),
]

#: Moments are written by ``rendering``; these say what they look like.
UtcMoment = Annotated[
    str,
    Field(
        json_schema_extra={
            "format": "date-time",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
            "examples": ["2026-07-01T10:02:41Z"],
        }
    ),
]
LocalMoment = Annotated[
    str,
    Field(
        json_schema_extra={
            "format": "date-time",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$",
            "examples": ["2026-03-29T09:00:00+02:00"],
        }
    ),
]
UuidText = Annotated[
    str,
    Field(
        json_schema_extra={"format": "uuid", "examples": ["0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18"]}
    ),
]
DateText = Annotated[str, Field(json_schema_extra={"format": "date"})]
EmailText = Annotated[str, Field(json_schema_extra={"format": "idn-email"})]
TimeOfDay = Annotated[
    str, Field(json_schema_extra={"pattern": "^[0-9]{2}:[0-9]{2}$", "examples": ["09:30"]})
]
