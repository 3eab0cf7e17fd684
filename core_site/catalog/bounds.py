"""CHECK constraints of the catalogue: limits of numbers and dates, and values of enumerations.

They hold whatever code writes, so that every page and answer can show each row. Forms refuse the
same values first, by the validators and choices of the models. A message begins with the label of
its field (``admin_kit.field_labels``). Limits and enumerations are those of
``shared_domain.catalog``.
"""

from collections.abc import Iterable
from enum import StrEnum

from django.db.models import CheckConstraint, Q

from core_site.catalog.choice_titles import title
from shared_domain import catalog

FIRST, LAST = catalog.MIN_DATE, catalog.MAX_DATE


def between(name: str, *fields: str, words: str, least: int = 0, most: int) -> CheckConstraint:
    """Return the constraint that keeps numbers from ``least`` to ``most``; NULL is allowed."""
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__gte": least, f"{field}__lte": most}) | Q(**{field: None})
    return CheckConstraint(
        name=name,
        condition=condition,
        violation_error_message=f"{words}: use a whole number from {least:,} to {most:,}.",
    )


def allow_value(name: str, field: str, allowed: Iterable[StrEnum], words: str) -> CheckConstraint:
    """Return the constraint that a field holds a value of an enumeration."""
    values = [member.value for member in allowed]
    return CheckConstraint(
        name=name,
        condition=Q(**{f"{field}__in": values}),
        violation_error_message=_choose(words, values),
    )


def allow_values(name: str, field: str, allowed: Iterable[StrEnum], words: str) -> CheckConstraint:
    """Return the constraint that an array holds values of an enumeration.

    The array may not be longer than the enumeration.
    """
    values = [member.value for member in allowed]
    return CheckConstraint(
        name=name,
        condition=Q(**{f"{field}__contained_by": values, f"{field}__len__lte": len(values)}),
        violation_error_message=_choose(words, values),
    )


def season(name: str) -> CheckConstraint:
    """Return the constraint that a season lies from ``FIRST`` to ``LAST``, or is open."""
    condition = Q()
    for field in ("season_start", "season_end"):
        condition &= Q(**{f"{field}__range": (FIRST, LAST)}) | Q(**{field: None})
    return CheckConstraint(
        name=name,
        condition=condition,
        violation_error_message=f"A season lies between {FIRST} and {LAST}, or is open.",
    )


def cancellation_cutoff(name: str) -> CheckConstraint:
    """Return the constraint that a cancellation cut-off is at most the longest of its unit."""
    condition = Q()
    for unit, longest in catalog.MAX_CUTOFF.items():
        condition |= Q(
            cancellation_cutoff_unit=unit.value,
            cancellation_cutoff_amount__gte=0,
            cancellation_cutoff_amount__lte=longest,
        )
    limits = ", ".join(f"{most:,} {unit}s" for unit, most in catalog.MAX_CUTOFF.items())
    return CheckConstraint(
        name=name,
        condition=condition,
        violation_error_message=f"The cancellation cut-off is at most {limits}; "
        "for what is never cancelled choose the policy Never.",
    )


def _choose(words: str, values: list[str]) -> str:
    return f"{words}: choose from {', '.join(map(title, values))}."
