"""Refusals of the catalogue: unknown products, options and units, and missing prices.

CatalogRefused
 ├── ProductNotFound
 ├── OptionNotFound
 ├── UnitNotFound
 ├── CurrencyNotOffered
 └── PriceMissing
"""

from dataclasses import dataclass

from shared_domain.refusals import Refused


class CatalogRefused(Refused):
    """A request that names something the catalogue does not have or sell."""


@dataclass(eq=False)
class ProductNotFound(CatalogRefused):
    """No such product, or one that this partner may not see: callers cannot tell which."""

    code: str


@dataclass(eq=False)
class OptionNotFound(CatalogRefused):
    """The product has no such option."""

    code: str


@dataclass(eq=False)
class UnitNotFound(CatalogRefused):
    """The option has no such unit.

    ``ticket`` or ``party_entry`` is the position, counted from 0, of the ticket or of the entry of
    a party that names the unit in the request.
    """

    code: str
    ticket: int | None = None
    party_entry: int | None = None


@dataclass(eq=False)
class CurrencyNotOffered(CatalogRefused):
    """The product has no prices in this currency; ``offered`` are those that it has."""

    currency: str
    offered: tuple[str, ...]


@dataclass(eq=False)
class PriceMissing(CatalogRefused):
    """Staff have not priced this unit or option for the date, so it cannot be sold on it."""

    code: str
    currency: str
