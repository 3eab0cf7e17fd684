"""Response models of prices, for the capability ``octo/pricing``."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api_edge.http.strict_models import ResponseModel

# 64 bits: 25,000,000 rupiah are 2,500,000,000 of the smallest unit, more than 32 bits hold.
Minor = Annotated[
    int,
    Field(
        description="In the smallest unit of the currency.", json_schema_extra={"format": "int64"}
    ),
]


class Tax(ResponseModel):
    """One tax, with its part of each amount of the price."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "VAT 6%", "original": 283, "retail": 255, "net": 204}]
        }
    )

    name: str = Field(description="Name of the tax or fee.")
    original: Minor
    retail: Minor
    net: Minor | None


EXAMPLE_PRICE: dict[str, Any] = {
    "original": 5000,
    "retail": 4500,
    "net": 3600,
    "currency": "EUR",
    "currencyPrecision": 2,
    "includedTaxes": [{"name": "VAT 6%", "original": 283, "retail": 255, "net": 204}],
}


class Pricing(ResponseModel):
    """A price. The decimal price is an amount divided by ``10 ** currencyPrecision``."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_PRICE]})

    original: Minor = Field(description="The list price, at least `retail`.")
    retail: Minor = Field(description="What the guest pays, taxes and fees included.")
    net: Minor | None = Field(description="What the reseller owes the supplier.")
    currency: str = Field(description="ISO 4217.")
    currency_precision: int = Field(description="Decimal places: 2 for EUR, 0 for JPY.")
    included_taxes: list[Tax] = Field(description="The tax part of each amount; may be empty.")


class PricingOfUnit(Pricing):
    """The price of one unit."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"unitId": "adult", **EXAMPLE_PRICE}]}
    )

    unit_id: str = Field(description="Which unit of the option has this price.")
