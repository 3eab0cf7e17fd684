"""Why a text of contact data is not valid: facts, which each half puts into words."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class TooShort:
    """The text has fewer than ``least`` characters."""

    rule: ClassVar[str] = "length"

    least: int


@dataclass(frozen=True, slots=True)
class TooLong:
    """The text has more than ``most`` characters, blanks included."""

    rule: ClassVar[str] = "length"

    most: int


@dataclass(frozen=True, slots=True)
class ControlCharacter:
    """The text holds a character that is never typed; ``code_point`` is its number in Unicode."""

    rule: ClassVar[str] = "characters"

    code_point: int


@dataclass(frozen=True, slots=True)
class HasBlanks:
    """The text contains a blank, which its field does not allow."""

    rule: ClassVar[str] = "characters"


class Form(StrEnum):
    """The form that a text must have; partners' programs may rely on the values."""

    EMAIL_ADDRESS = "email_address"
    TELEPHONE = "telephone"
    COUNTRY = "country"
    LOCALE = "locale"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class WrongForm:
    """The text is not a ``form``."""

    form: Form

    @property
    def rule(self) -> str:
        return self.form.value


#: What is wrong with a text. ``rule`` is its name under ``/v1``, on which programs may rely.
TextFlaw = TooShort | TooLong | ControlCharacter | HasBlanks | WrongForm


class InvalidText(ValueError):
    """A text breaks a rule; ``flaw`` says which.

    It never repeats the text, which may be personal data. The caller knows the field and makes a
    response of it: a flaw of the request, an error beside the form's field, or a refusal.
    """

    def __init__(self, flaw: TextFlaw) -> None:
        super().__init__(flaw)
        self.flaw = flaw
