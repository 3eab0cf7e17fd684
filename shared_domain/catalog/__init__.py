"""The catalogue: what is sold, to whom and for how much.

Supplier ── Product ─┬─ Option ─┬─ Unit ── ListPrice    (pricing per unit)
                     │          └─ ListPrice            (pricing per booking)
                     └─ terms of one partner: what it sees, what it keeps
"""

from shared_domain.catalog.cancellation import (
    LONGEST_CUTOFF,
    CancellationPolicy,
    DurationUnit,
    ShownCutoff,
    shown_cutoff,
)
from shared_domain.catalog.errors import (
    CatalogRefused,
    CurrencyNotOffered,
    OptionNotFound,
    PriceMissing,
    ProductNotFound,
    UnitNotFound,
)
from shared_domain.catalog.limits import (
    FIRST_DATE,
    HIGHEST_CAPACITY,
    LAST_DATE,
    LONGEST_MINUTES,
    MOST_ACCOMPANYING,
    MOST_CURRENCIES,
    MOST_OPENING_PERIODS,
    MOST_PLACES_OF_A_TICKET,
    MOST_START_TIMES,
    MOST_TICKETS,
    OLDEST_AGE,
)
from shared_domain.catalog.model import (
    AvailabilityType,
    ContactField,
    DeliveryFormat,
    DeliveryMethod,
    ListPrice,
    Option,
    OptionId,
    PricingPer,
    Product,
    ProductId,
    RedemptionMethod,
    Supplier,
    Unit,
    UnitId,
    UnitType,
    season_turns,
)
from shared_domain.catalog.seasons import ALL_YEAR, Season
from shared_domain.catalog.services import CatalogStore, get_product, get_supplier, list_products

__all__ = [
    "ALL_YEAR",
    "AvailabilityType",
    "CancellationPolicy",
    "CatalogRefused",
    "CatalogStore",
    "ContactField",
    "CurrencyNotOffered",
    "DeliveryFormat",
    "DeliveryMethod",
    "DurationUnit",
    "FIRST_DATE",
    "HIGHEST_CAPACITY",
    "LAST_DATE",
    "LONGEST_CUTOFF",
    "LONGEST_MINUTES",
    "ListPrice",
    "MOST_ACCOMPANYING",
    "MOST_CURRENCIES",
    "MOST_OPENING_PERIODS",
    "MOST_PLACES_OF_A_TICKET",
    "MOST_START_TIMES",
    "MOST_TICKETS",
    "OLDEST_AGE",
    "Option",
    "OptionId",
    "OptionNotFound",
    "PriceMissing",
    "PricingPer",
    "Product",
    "ProductId",
    "ProductNotFound",
    "RedemptionMethod",
    "Season",
    "ShownCutoff",
    "Supplier",
    "Unit",
    "UnitId",
    "UnitNotFound",
    "UnitType",
    "get_product",
    "get_supplier",
    "list_products",
    "season_turns",
    "shown_cutoff",
]
