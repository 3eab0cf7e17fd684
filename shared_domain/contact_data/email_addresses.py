"""E-mail addresses, also international ones: accepted, stored, compared, and sent to."""

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from shared_domain.contact_data.errors import Form, HasBlanks, InvalidText, TooShort, WrongForm
from shared_domain.contact_data.texts import (
    check_characters,
    check_length,
    search_key,
    strip_blanks,
)

#: Shorter than any address can be.
SHORTEST_EMAIL = 3

#: Source: RFC 5321, section 4.5.3.1.3: a path of 256 octets, angle brackets included.
LONGEST_EMAIL = 254


def normalise_email(text: str) -> str:
    """Return the address as ``email-validator`` writes it, without blanks around it.

    Its domain is in small letters and in the letters of its language; the part before the @ keeps
    its capitals, which belong to the owner of the domain. Nothing is looked up.

    Raises:
        InvalidText: it is blank, too long, or not an address by its syntax.
    """
    return _validate(text).normalized


def email_key(text: str) -> str:
    """Return the key by which addresses are compared: the text, composed (NFC) and case-folded.

    Any text has one. The key of an address's beginning is the beginning of the address's key, so
    searches compare by it as well.
    """
    return search_key(text)


def mailbox_for_smtp(address: str) -> tuple[str, bool]:
    """Return the address for SMTP, and whether the server has to support SMTPUTF8 for it.

    An international domain is written in ASCII (IDNA 2008), which every server accepts; a local
    part that is not ASCII needs a server with SMTPUTF8 (RFC 6531).

    Raises:
        InvalidText: the address is not valid; it may have been stored before there were rules.
    """
    found = _validate(address)
    return f"{found.local_part}@{found.ascii_domain}", not found.local_part.isascii()


def _validate(text: str) -> ValidatedEmail:
    check_length(text, LONGEST_EMAIL)
    address = strip_blanks(text)
    check_characters(address)
    if len(address) < SHORTEST_EMAIL:
        raise InvalidText(TooShort(SHORTEST_EMAIL))
    if any(map(str.isspace, address)):
        raise InvalidText(HasBlanks())
    try:
        return validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        # The library's own sentence may repeat parts of the address.
        raise InvalidText(WrongForm(Form.EMAIL_ADDRESS)) from None
