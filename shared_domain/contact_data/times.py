"""Times on the clock of a place, as people type them."""

import re

from shared_domain.contact_data.errors import Form, InvalidText, WrongForm
from shared_domain.contact_data.texts import normalise_line

#: ``8:05``, ``08.05`` and ``8h05`` are the same time.
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.h]([0-5][0-9])", re.ASCII | re.IGNORECASE)


def normalise_time(text: str) -> str:
    """Return a time of day as ``HH:MM``; "" when the text is blank.

    Raises:
        InvalidText: it is no time of day.
    """
    line = normalise_line(text)
    found = _TIME.fullmatch(line)
    if line and not found:
        raise InvalidText(WrongForm(Form.TIME))
    return f"{int(found[1]):02}:{found[2]}" if found else ""
