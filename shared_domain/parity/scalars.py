"""Reading what texts and numbers stand for: moments, decimals, identifiers."""

import re
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from email.utils import parsedate_to_datetime

#: Two moments of one call, as each side's clock read it, where it is unknown how far apart.
ONE_CALL = timedelta(seconds=60)

#: How far the clocks of two machines that keep time with NTP may be apart.
CLOCK_SKEW = timedelta(milliseconds=100)

#: What both sides may have cut a moment to.
_MINUTE, _SECOND, _MILLISECOND = 60_000_000, 1_000_000, 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

UUID_PATTERN = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
MOMENT_PATTERN = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?Z|[+-]\d\d(?::?\d\d)?)?"
)

_UUID = re.compile(rf"{UUID_PATTERN}|[0-9a-f]{{32}}|[0-9A-F]{{32}}")
_MOMENT = re.compile(MOMENT_PATTERN)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
_DECIMAL = re.compile(r"[+-]?(?=\d|\.\d)\d*(?:\.\d*)?(?:[eE][+-]?\d{1,6})?")
_CURSOR = re.compile(r"[A-Za-z0-9_-]{4,}={0,2}")
_LONGEST_NUMBER = 400
_WIDE = Context(prec=1000)


def is_uuid(text: str) -> bool:
    return len(text) in (32, 36) and _UUID.fullmatch(text) is not None


def is_moment(text: str) -> bool:
    """Tell whether the text is a date with a time of day."""
    return len(text) >= 16 and _MOMENT.fullmatch(text) is not None


def parse_instant(text: str) -> datetime | None:
    """Return the instant that an ISO date, with or without a time, or an HTTP date stands for."""
    try:
        if _HTTP_DATE.fullmatch(text):
            return parsedate_to_datetime(text)
        if _MOMENT.fullmatch(text) or _DATE.fullmatch(text):
            moment = datetime.fromisoformat(text.replace(" Z", "Z"))
            return moment if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None


def are_same_moment(
    django: str,
    edge: str,
    *,
    exactly_spelled: bool,
    apart: timedelta = ONE_CALL,
    ended_at: datetime | None = None,
) -> bool:
    """Tell whether both are moments, spelled alike, that one call may have made.

    ``apart`` is how much time lay between both sides at most. Where both have cut their moments
    to the same unit, that unit may lie between them as well if a new one began meanwhile; where
    one side has, it differs. ``ended_at`` is the end of that time; without it, a new unit may
    always have begun.

    The number of decimals may differ a little, since zeros at the end are often left out;
    without ``exactly_spelled`` it does not matter at all.
    """
    ours, theirs = parse_instant(django), parse_instant(edge)
    if ours is None or theirs is None or (ours.tzinfo is None) != (theirs.tzinfo is None):
        return False
    if _DATE.fullmatch(django) or _DATE.fullmatch(edge):
        return False
    if exactly_spelled and _style(django) != _style(edge):
        return False
    unit = _unit_of_both(ours, theirs)
    if ended_at is not None and not _has_begun(unit, ended_at - apart, ended_at + CLOCK_SKEW):
        unit = timedelta(0)
    return abs(ours - theirs) <= apart + unit


def _unit_of_both(*moments: datetime) -> timedelta:
    for unit in (_MINUTE, _SECOND, _MILLISECOND):
        if all(not (moment.second * _SECOND + moment.microsecond) % unit for moment in moments):
            return timedelta(microseconds=unit)
    return timedelta(0)


def _has_begun(unit: timedelta, since: datetime, until: datetime) -> bool:
    """Return whether a minute, second or millisecond began between two instants."""
    if not unit:
        return False
    return (since - _EPOCH) // unit != (until - _EPOCH) // unit


def parse_decimal(value: object) -> Decimal | None:
    """Return the number, also of a text like ``1.00``; None of anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return None


def are_near(django: Decimal, edge: Decimal, tolerance: Decimal) -> bool:
    if django == edge:
        return True
    try:
        return _WIDE.abs(_WIDE.subtract(django, edge)) <= tolerance
    except ArithmeticError:
        return False


def decode_cursor(cursor: str) -> str | None:
    """Return what a base64 cursor says, when that is readable text."""
    if not _CURSOR.fullmatch(cursor):
        return None
    try:
        text = urlsafe_b64decode(cursor.rstrip("=") + "=" * (-len(cursor.rstrip("=")) % 4)).decode()
    except (NotBase64, UnicodeDecodeError):
        return None
    return text if text.isprintable() else None


def _style(text: str) -> tuple[str, str, int]:
    if _HTTP_DATE.fullmatch(text):
        return "http", "", 0
    zone = re.sub(r"\d", "0", text[16:].lstrip("0123456789:.,"))
    fraction = re.search(r"[.,](\d+)", text)
    decimals = 0 if fraction is None else 3 if len(fraction[1]) <= 3 else 6
    return text[10], zone, decimals + text.count(":", 0, 19)
