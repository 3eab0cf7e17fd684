"""Validators of the catalogue's free-text fields; every message says what would be right."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from shared_domain import time_zones
from shared_domain.money import CURRENCIES

WEEKDAYS = [
    (1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"),
    (5, "Friday"), (6, "Saturday"), (7, "Sunday"),
]  # fmt: skip

code = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9_-]*\Z", "Use letters, digits, - and _, as in DEFAULT or adult."
)

_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")


def currency(code: str) -> None:
    if code not in CURRENCIES:
        raise ValidationError(
            "Use the ISO 4217 code of money that guests pay with, in capitals, as in EUR."
        )


def time_zone(name: str) -> None:
    """Accept the IANA time zone of a place, as in the locked ``tzdata`` (not in system files)."""
    if time_zones.is_place(name):
        return
    meant = time_zones.match_spelling(name)
    if meant:
        raise ValidationError(f"IANA spells this time zone {meant}.")
    raise ValidationError(
        "Use the IANA time zone of a place, as in Europe/Lisbon; an abbreviation or an offset "
        "does not say when its clocks change."
    )


def opening_hours(periods: object) -> None:
    """Accept ``[{"from": "10:00", "to": "13:00"}, …]``: periods in order that do not overlap.

    A period may end at 24:00. The last one may end after midnight (22:00 to 02:00), but not after
    the start of the first one on the next day.
    """
    if not isinstance(periods, list):
        raise ValidationError('Use a list, as in [{"from": "10:00", "to": "18:00"}].')
    closed_at, closes_after = 0, 24 * 60
    for number, period in enumerate(periods):
        if not isinstance(period, dict) or set(period) != {"from", "to"}:
            raise ValidationError('Each period has "from" and "to", as in {"from": "10:00", …}.')
        opens, closes = _minute(period["from"]), _minute(period["to"], or_midnight=True)
        if opens == closes:
            raise ValidationError(
                f"{period['from']}-{period['to']} is no time at all; a whole day is 00:00-24:00."
            )
        if closes < opens:
            closes += 24 * 60
        if opens < closed_at:
            raise ValidationError("Periods must follow one another and not overlap.")
        if number == 0:
            closes_after = opens + 24 * 60
        closed_at = closes
    if closed_at > closes_after:
        raise ValidationError(
            f"The last period runs into {periods[0]['from']} of the next day, when it opens again."
        )


def _minute(moment: object, *, or_midnight: bool = False) -> int:
    """Return the minute of the day; ``24:00`` and ``00:00`` both close at the end of it."""
    if or_midnight and moment in ("24:00", "00:00"):
        return 24 * 60
    if not (isinstance(moment, str) and _TIME_OF_DAY.match(moment)):
        allowed = "a time of day, as in 09:30" + (", or 24:00" if or_midnight else "")
        raise ValidationError(f"{moment!r} is not {allowed}.")
    return int(moment[:2]) * 60 + int(moment[3:])


def format_periods(periods: object, *, dash: str = "–") -> list[str]:
    """Return opening hours as texts, also malformed ones that were stored before the rule."""
    if not isinstance(periods, list):
        return [str(periods)]
    return [
        f"{period.get('from')}{dash}{period.get('to')}" if isinstance(period, dict) else str(period)
        for period in periods
    ]


def every_weekday() -> list[int]:
    return [number for number, _ in WEEKDAYS]


def default_delivery_formats() -> list[str]:
    return ["QRCODE"]


def default_delivery_methods() -> list[str]:
    return ["VOUCHER"]


def default_currencies() -> list[str]:
    return ["EUR"]
