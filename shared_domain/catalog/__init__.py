"""The catalogue: what is sold, to whom and for how much.

Supplier ── Product ─┬─ Option ─┬─ Unit ── ListPrice    (pricing per unit)
                     │          └─ ListPrice            (pricing per booking)
                     └─ terms of one partner: what it sees, what it keeps
"""

from shared_domain.catalog.errors import (
    CatalogRefused,
    CurrencyNotOffered,
    OptionNotFound,
    PriceMissing,
    ProductNotFound,
    UnitNotFound,
)
from shared_domain.catalog.model import (
    AvailabilityType,
    ContactField,
    DeliveryFormat,
    DeliveryMethod,
    DurationUnit,
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
    "CatalogRefused",
    "CatalogStore",
    "ContactField",
    "CurrencyNotOffered",
    "DeliveryFormat",
    "DeliveryMethod",
    "DurationUnit",
    "ListPrice",
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
    "Supplier",
    "Unit",
    "UnitId",
    "UnitNotFound",
    "UnitType",
    "get_product",
    "get_supplier",
    "list_products",
    "season_turns",
]
