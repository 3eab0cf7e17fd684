"""The catalogue: products with options, units and prices, and each partner's terms.

Supplier ── Product ─┬─ Option ─┬─ Unit ── ListPrice    (pricing per unit)
                     │          └─ ListPrice            (pricing per booking)
                     └─ terms of one partner: what it sees, what it keeps
"""

from shared_domain.catalog.cancellation import (
    MAX_CUTOFF,
    CancellationPolicy,
    CutoffDescription,
    DurationUnit,
    describe_cutoff,
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
    MAX_ACCOMPANYING,
    MAX_CAPACITY,
    MAX_CURRENCIES,
    MAX_DATE,
    MAX_DURATION_MINUTES,
    MAX_OPENING_PERIODS,
    MAX_PLACES_PER_TICKET,
    MAX_START_TIMES,
    MAX_TICKETS,
    MIN_DATE,
    NO_HIGHEST_AGE,
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
    price_boundaries,
)
from shared_domain.catalog.product_memory import ProductMemory
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
    "MIN_DATE",
    "MAX_CAPACITY",
    "MAX_DATE",
    "MAX_CUTOFF",
    "MAX_DURATION_MINUTES",
    "ListPrice",
    "MAX_ACCOMPANYING",
    "MAX_CURRENCIES",
    "MAX_OPENING_PERIODS",
    "MAX_PLACES_PER_TICKET",
    "MAX_START_TIMES",
    "MAX_TICKETS",
    "NO_HIGHEST_AGE",
    "OLDEST_AGE",
    "Option",
    "OptionId",
    "OptionNotFound",
    "PriceMissing",
    "PricingPer",
    "Product",
    "ProductId",
    "ProductMemory",
    "ProductNotFound",
    "RedemptionMethod",
    "Season",
    "CutoffDescription",
    "Supplier",
    "Unit",
    "UnitId",
    "UnitNotFound",
    "UnitType",
    "get_product",
    "get_supplier",
    "list_products",
    "price_boundaries",
    "describe_cutoff",
]
