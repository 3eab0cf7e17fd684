"""Why a text cannot be used."""

from typing import Literal

#: Programs of partners may rely on these names: they are the ``rule`` of a flaw under ``/v1``.
Rule = Literal["length", "characters", "email_address", "telephone", "country", "locale"]


class InvalidText(ValueError):
    """A text breaks a rule; ``str()`` says what would be right, in words that follow its field.

    It never repeats the text, which may be a guest's. The caller knows the field, and makes of it
    the answer that its door speaks: a flaw of the request, an error beside the form's field, or a
    refusal.
    """

    def __init__(self, rule: Rule, wanted: str) -> None:
        super().__init__(wanted)
        self.rule = rule
