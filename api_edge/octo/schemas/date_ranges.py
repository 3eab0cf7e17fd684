"""Check ranges of local dates in requests: both ends are sent, the last not before the first."""

from datetime import date

from api_edge.http.strict_models import field_error

#: The broken rule, as ``errors`` under ``/v1`` name it.
HALF_RANGE = "half_range"


def check_both_ends(first: date | None, last: date | None) -> None:
    """Refuse a range of which one end is missing.

    Raises:
        ValidationError: it names the missing end.
    """
    if first is None and last is not None:
        raise field_error("localDateStart", HALF_RANGE, "must come with localDateEnd")
    if first is not None and last is None:
        raise field_error("localDateEnd", HALF_RANGE, "must come with localDateStart")


def check_range(first: date | None, last: date | None) -> None:
    """Refuse a range of which one end is missing, or whose last date is before the first.

    Raises:
        ValidationError: it names the end at fault.
    """
    check_both_ends(first, last)
    if first is not None and last is not None and last < first:
        raise field_error("localDateEnd", HALF_RANGE, "must not be before localDateStart")


def find_date_bounds(
    on: date | None, first: date | None, last: date | None
) -> tuple[date | None, date | None]:
    """Return the first and last date that all filters allow, ``on`` and the range; None: no bound.

    A date outside the range gives a first date after the last one, which no booking has.
    """
    firsts = [day for day in (on, first) if day is not None]
    lasts = [day for day in (on, last) if day is not None]
    return max(firsts, default=None), min(lasts, default=None)
