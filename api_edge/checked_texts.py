"""Texts that a rule of ``contact_data`` accepts, as types of both dialects' schemas."""

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
    """Refuse what ``rule`` refuses; the other fields describe the rule in the JSON Schema.

    A text that passes goes on as it was sent: the services normalise it, and need it as it was to
    recognise a repeat of what was sent before there was a normal form. A blank text passes where
    ``takes_blank``, as it counts as null.
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
        }
        if self.format is not None and self.takes_blank:
            described["anyOf"] = [{"format": self.format}, {"pattern": r"^\s*$"}]
        else:
            described["format"] = self.format
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
    """Refuse halves of characters as Pydantic does where it looks into a text by itself."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticKnownError("string_unicode") from None
