"""Validate strings of requests by the rules of ``contact_data``, in schemas of both dialects."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from api_edge.text_flaws import say_flaw
from shared_domain import contact_data


@dataclass(frozen=True, slots=True)
class CheckedBy:
    """Pydantic annotation: a string must pass ``rule``; the other fields are its JSON Schema.

    A valid string is passed on as it was sent. The services normalise it, and compare the original
    to recognise a repeat of a request that was stored before there was a normal form. A blank
    string is valid where ``takes_blank``, since it counts as null. The schema does not say so of a
    ``format``: generators of clients would write a class for the choice between the two.
    """

    rule: Callable[[str], str]
    longest: int | None = None
    shortest: int | None = None
    pattern: str | None = None
    format: str | None = None
    takes_blank: bool = True

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        described: dict[str, Any] = {
            "minLength": self.shortest,
            "maxLength": self.longest,
            "pattern": self.pattern,
            "format": self.format,
        }
        return handler(schema) | {
            key: value for key, value in described.items() if value is not None
        }

    def _check(self, text: str) -> str:
        if not text.isascii():
            _refuse_lone_surrogates(text)
        try:
            if self.longest is not None:
                contact_data.check_length(text, self.longest)
            if self.takes_blank and not contact_data.strip_blanks(text):
                return text
            self.rule(text)
        except contact_data.InvalidText as invalid:
            flaw = invalid.flaw
            raise PydanticCustomError(flaw.rule, "{wanted}", {"wanted": say_flaw(flaw)}) from None
        return text


def _refuse_lone_surrogates(text: str) -> None:
    """Refuse lone surrogates, with the error of Pydantic's own validation of strings."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticKnownError("string_unicode") from None
