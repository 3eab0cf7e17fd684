"""Parse texts and numbers in responses: moments, decimals, UUIDs, cursors."""

import re
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from email.utils import parsedate_to_datetime

#: The longest time between both sides' readings of the clock, where it was not measured.
ONE_CALL = timedelta(seconds=60)

#: How far the clocks of two machines that keep time with NTP may be apart.
CLOCK_SKEW = timedelta(milliseconds=100)

#: Units to which both sides may cut a moment, in microseconds.
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
    """Return whether a text is an ISO date with a time of day."""
    return len(text) >= 16 and _MOMENT.fullmatch(text) is not None


def parse_instant(text: str) -> datetime | None:
    """Return the instant of an ISO date, with or without a time, or of an HTTP date; else None."""
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
    """Return whether both texts are moments that the two sides may have made for one call.

    ``apart`` is the longest time between both sides' readings of the clock. Where both cut their
    moments to the same unit, that unit may lie between them as well if a new one began meanwhile;
    where one side cuts, they differ. ``ended_at`` is the end of that time; without it, a new unit
    may always have begun.

    Trailing zeros may be left out, so the number of decimals may differ a little; without
    ``exactly_spelled`` the spelling does not matter at all.
    """
    from_django, from_edge = parse_instant(django), parse_instant(edge)
    if (
        from_django is None
        or from_edge is None
        or (from_django.tzinfo is None) != (from_edge.tzinfo is None)
    ):
        return False
    if _DATE.fullmatch(django) or _DATE.fullmatch(edge):
        return False
    if exactly_spelled and _style(django) != _style(edge):
        return False
    unit = _unit_of_both(from_django, from_edge)
    if ended_at is not None and not _has_begun(unit, ended_at - apart, ended_at + CLOCK_SKEW):
        unit = timedelta(0)
    return abs(from_django - from_edge) <= apart + unit


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
    """Return the number that an integer, a decimal or a text such as ``1.00`` is; else None."""
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
    """Return the text within a base64 cursor, None when it is no printable text."""
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
