"""Dates, times and counts as the admin does not write them, found in the text of a page."""

import html
import re
from collections.abc import Iterator

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)

#: Dates in words or with slashes, moments for machines, clocks of twelve hours, times in a zone
#: that is not the viewer's although they belong to no place, and counts that are hard to read.
_OTHER_FORMS = re.compile(
    rf"\b\d{{1,2}}\.? {_MONTH}"
    rf"|\b{_MONTH} \d{{1,4}}\b"
    r"|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d"
    r"|\b\d{1,2}(?::\d\d)? [ap]\.m\."
    r"|\d\d:\d\d(?::\d\d)? (?:UTC|Europe/Lisbon)"
    r"|\(UTC\)"
    # A number of thousands without its commas, which is no reference, id, price or telephone.
    r"|(?<![\w.:/#&+,@-])(?<!iterations : )\d{4,5}(?![\w:/@-]|\.\d)"
)

#: What is shown as it was stored or sent, letters to guests, and what browsers do not show.
_VERBATIM = re.compile(
    r"<(pre|code|script|style|textarea|svg|article(?= class=.gm-letter))\b.*?</\1>", re.DOTALL
)


def other_forms(page: str) -> Iterator[str]:
    """Yield each date of a page for a viewer in Lisbon that is in another form, and its context."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", _VERBATIM.sub(" ", page)))
    for found in _OTHER_FORMS.finditer(" ".join(text.split())):
        yield found.string[max(0, found.start() - 40) : found.end() + 20]
