"""Search departures by day, month, time of day, availability id, name, code or time zone.

Every word of the search must match, so that the start of a departure can be pasted as it is shown.
"""

import re
from datetime import date, time

from django.db.models import Q

_A_MONTH = re.compile(r"(\d{4})-(\d{2})\Z")
_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_A_TIME = re.compile(r"\d{2}:\d{2}\Z")
_AN_ID = re.compile(r"\d{4}-\d{2}-\d{2}T")


def parse_word(word: str) -> Q | None:
    """Return the condition for a word that is a day, month, time of day or availability id.

    None for any other word. A time of day is that of the start.
    """
    if _AN_ID.match(word):
        return Q(availability_id__startswith=word)
    if month := _A_MONTH.match(word):
        year, number = (int(part) for part in month.groups())
        return Q(local_date__year=year, local_date__month=number) if year else None
    try:
        if _A_DAY.match(word):
            return Q(local_date=date.fromisoformat(word))
        if _A_TIME.match(word):
            return Q(start_time=time.fromisoformat(word))
    except ValueError:
        return None
    return None
