"""Why the catalogue says no.

CatalogRefused
 ├── ProductNotFound
 ├── OptionNotFound
 ├── UnitNotFound
 ├── CurrencyNotOffered
 └── PriceMissing
"""

from collections.abc import Iterable

from shared_domain.refusals import Refused


class CatalogRefused(Refused):
    """A question about products that has no good answer."""


class ProductNotFound(CatalogRefused):
    """No such product, or one that this partner may not see: callers cannot tell which."""

    def __init__(self, code: str) -> None:
        super().__init__(
            "productId is not one of your products; GET /products lists them",
            field="productId",
            value=code,
        )


class OptionNotFound(CatalogRefused):
    """The product has no such option."""

    def __init__(self, code: str) -> None:
        super().__init__(
            "optionId is not an option of this product; the product lists its options",
            field="optionId",
            value=code,
        )


class UnitNotFound(CatalogRefused):
    """The option has no such unit."""

    def __init__(self, code: str, *, field: str = "unitId") -> None:
        super().__init__(
            f"{field} is not a unit of this option; the option lists its units",
            field=field,
            value=code,
        )


class CurrencyNotOffered(CatalogRefused):
    """The product has no prices in this currency."""

    def __init__(self, currency: str, *, offered: Iterable[str]) -> None:
        super().__init__(
            f"currency must be one of the product's availableCurrencies: {', '.join(offered)}",
            field="currency",
            value=currency,
        )


class PriceMissing(CatalogRefused):
    """Staff have not priced this for the date, so it cannot be sold on it."""

    def __init__(self, code: str, *, currency: str) -> None:
        super().__init__(
            f"{code} has no price in {currency} on this date; choose another date or currency",
            field="currency",
            value=currency,
        )
