"""Messages for texts that a rule of ``contact_data`` refuses, for staff and Django's ``/v1``."""

from shared_domain import contact_data
from shared_domain.quantities import format_quantity

_FORMS = {
    contact_data.Form.EMAIL_ADDRESS: "an e-mail address such as guest@example.com",
    contact_data.Form.TELEPHONE: "a telephone number such as +351 210 000 000",
    contact_data.Form.COUNTRY: "a country code of ISO 3166-1: two capital letters such as PT",
    contact_data.Form.LOCALE: "a language tag such as pt-PT (BCP 47)",
    contact_data.Form.TIME: "a time of day such as 08:30",
}


def say_flaw(flaw: contact_data.TextFlaw) -> str:
    """Return what the text must be, in words that follow the field's name."""
    match flaw:
        case contact_data.TooShort(least):
            return f"must have at least {format_quantity(least, 'character')}"
        case contact_data.TooLong(most):
            return f"must have at most {format_quantity(most, 'character')}"
        case contact_data.ControlCharacter(code_point):
            return f"must not contain the character U+{code_point:04X}"
        case contact_data.HasBlanks():
            return "must not contain blanks"
        case contact_data.WrongForm(form):
            return f"must be {_FORMS[form]}"


def say_flaw_as_sentence(flaw: contact_data.TextFlaw) -> str:
    """Return the message as a sentence, for display beside the field of a form."""
    words = say_flaw(flaw)
    return f"{words[0].upper()}{words[1:]}."
