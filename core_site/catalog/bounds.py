"""CHECK constraints that keep the catalogue's rows readable, whatever writes them.

Their messages begin with the field as its form names it (``admin_kit.field_labels``).
Forms refuse the same values first, beside the field, through the validators and choices of the
models. The limits and the enumerations are those of ``shared_domain.catalog``.
"""

from collections.abc import Iterable
from enum import StrEnum

from django.db.models import CheckConstraint, Q

from core_site.catalog.choice_titles import title
from shared_domain import catalog

FIRST, LAST = catalog.MIN_DATE, catalog.MAX_DATE


def between(name: str, *fields: str, words: str, least: int = 0, most: int) -> CheckConstraint:
    """Keep numbers within limits; a field that is NULL has no number."""
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__gte": least, f"{field}__lte": most}) | Q(**{field: None})
    return CheckConstraint(
        name=name,
        condition=condition,
        violation_error_message=f"{words}: use a whole number from {least:,} to {most:,}.",
    )


def allow_value(name: str, field: str, allowed: Iterable[StrEnum], words: str) -> CheckConstraint:
    """Keep a field to the values of an enumeration."""
    values = [member.value for member in allowed]
    return CheckConstraint(
        name=name,
        condition=Q(**{f"{field}__in": values}),
        violation_error_message=_choose(words, values),
    )


def allow_values(name: str, field: str, allowed: Iterable[StrEnum], words: str) -> CheckConstraint:
    """Keep an array to the values of an enumeration, at most as many as there are."""
    values = [member.value for member in allowed]
    return CheckConstraint(
        name=name,
        condition=Q(**{f"{field}__contained_by": values, f"{field}__len__lte": len(values)}),
        violation_error_message=_choose(words, values),
    )


def season(name: str) -> CheckConstraint:
    """Keep a season within the dates that are worth planning for."""
    condition = Q()
    for field in ("season_start", "season_end"):
        condition &= Q(**{f"{field}__range": (FIRST, LAST)}) | Q(**{field: None})
    return CheckConstraint(
        name=name,
        condition=condition,
        violation_error_message=f"A season lies between {FIRST} and {LAST}, or is open.",
    )


def cancellation_cutoff(name: str) -> CheckConstraint:
    """Keep the cut-off of an option to what its unit allows."""
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
