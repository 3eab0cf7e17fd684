"""Why a text of contact data is not valid."""

from typing import Literal

#: Programs of partners may rely on these names: they are the ``rule`` of a flaw under ``/v1``.
Rule = Literal["length", "characters", "email_address", "telephone", "country", "locale", "time"]


class InvalidText(ValueError):
    """A text breaks a rule; ``str()`` says what would be right, in words that follow the field's
    name.

    It never repeats the text, which may be personal data. The caller knows the field and makes a
    response of it: a flaw of the request, an error beside the form's field, or a refusal.
    """

    def __init__(self, rule: Rule, wanted: str) -> None:
        super().__init__(wanted)
        self.rule = rule
