"""Until when the guests of an option may cancel: a cut-off, always, or never.

=============  ==================================================================================
UNTIL_CUTOFF   until the cut-off before the start (or the last closing time)
ALWAYS         until the start itself, and without a date until a ticket is used: an unused ticket
               afterwards is a no-show, which staff settle booking by booking
NEVER          until it is confirmed: a hold, or a booking that staff have yet to accept, may be
               given up; a confirmed booking is final, with or without a date
=============  ==================================================================================

What happens after that moment is the same for all three: partners may force a cancellation where
the option allows it and staff always may, and the option's late refund says what is paid back.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared_domain.catalog.limits import MAX_DURATION_DAYS


class DurationUnit(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class CancellationPolicy(StrEnum):
    UNTIL_CUTOFF = "UNTIL_CUTOFF"
    ALWAYS = "ALWAYS"
    NEVER = "NEVER"


#: The longest cancellation cut-off in each unit: a longer one is the policy NEVER.
MAX_CUTOFF = {
    DurationUnit.MINUTE: MAX_DURATION_DAYS * 24 * 60,
    DurationUnit.HOUR: MAX_DURATION_DAYS * 24,
    DurationUnit.DAY: MAX_DURATION_DAYS,
}

#: What stands for NEVER in OCTO, which demands an amount: longer ago than anything can be booked,
#: so that a program that counts it back from the start finds that it is too late.
NEVER_IN_DAYS = 1_000


@dataclass(frozen=True, slots=True)
class CutoffDescription:
    """A cancellation policy as OCTO shows it: in words, and as an amount of a unit."""

    words: str
    amount: int
    unit: DurationUnit
    too_late_reason: str


def cutoff_before_start(policy: CancellationPolicy, amount: int, unit: DurationUnit) -> timedelta:
    """Return how long before the start a confirmed booking becomes final.

    An amount above ``MAX_CUTOFF`` counts as the longest. NEVER is not counted from the start:
    see ``Booking.cancellation_deadline``.
    """
    if policy is CancellationPolicy.ALWAYS:
        return timedelta(0)
    return timedelta(**{f"{unit}s": min(amount, MAX_CUTOFF[unit])})


def describe_cutoff(
    policy: CancellationPolicy, amount: int, unit: DurationUnit
) -> CutoffDescription:
    """Return the policy as partners read it."""
    if policy is CancellationPolicy.ALWAYS:
        return CutoffDescription("always, until the start", 0, DurationUnit.HOUR, "it has begun")
    if policy is CancellationPolicy.NEVER:
        why = "it is confirmed, and this option is never cancelled then"
        return CutoffDescription("never, once confirmed", NEVER_IN_DAYS, DurationUnit.DAY, why)
    words = f"{amount} {unit}{'' if amount == 1 else 's'}"
    return CutoffDescription(words, amount, unit, f"its cut-off of {words} has passed")
