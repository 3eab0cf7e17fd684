"""Refusals of payments between partners and the supplier."""

from dataclasses import dataclass

from shared_domain.refusals import RefusedToStaff


class SettlementRefused(RefusedToStaff):
    """A payment of a statement that is turned down."""


@dataclass(eq=False)
class PartnerAmountOutOfRange(SettlementRefused):
    """The amount is not above zero, or higher than ``highest_minor``."""

    highest_minor: int
    currency: str


@dataclass(eq=False)
class ReturnAboveReceived(SettlementRefused):
    """More would be returned to the partner than it has paid for the month."""

    held_minor: int
    currency: str


@dataclass(eq=False)
class TooManyPartnerPayments(SettlementRefused):
    """The statement has ``limit`` payments in its currency, the most that it can have."""

    limit: int
