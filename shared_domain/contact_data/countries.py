"""Countries by their codes of two letters."""

from importlib.resources import files

from shared_domain.contact_data.errors import Form, InvalidText, WrongForm
from shared_domain.contact_data.texts import normalise_line

#: Codes that ISO 3166-1 leaves to its users, and that are in general use.
_IN_USE = {"XK": "Kosovo"}


def _read_assigned_codes() -> dict[str, str]:
    """Return the assigned codes of ISO 3166-1 alpha-2, each with its usual English name.

    Source: the file iso3166.tab of the locked ``tzdata``.
    """
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return dict(rows)


#: Every code that a contact's country may have, with the country's name.
COUNTRIES = _read_assigned_codes() | _IN_USE


def normalise_country(text: str) -> str:
    """Return the code in capitals.

    Raises:
        InvalidText: it is not a code of ISO 3166-1 alpha-2, nor XK.
    """
    written = normalise_line(text)
    code = written.upper() if written.isascii() else ""
    if code not in COUNTRIES:
        raise InvalidText(WrongForm(Form.COUNTRY))
    return code
