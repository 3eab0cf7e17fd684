"""Builds OCTO's answers about products and the supplier: see ``http.answer_structs``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from api_edge.http.answer_memory import AnswerMemory
from api_edge.http.answer_structs import answer_struct, raw_json
from api_edge.http.dialects import OCTO_PREFIX
from api_edge.octo.schemas import catalog as schemas
from api_edge.octo.schemas import pricing as pricing_schemas
from shared_domain import catalog
from shared_domain.catalog import OptionId, PricingPer, UnitId
from shared_domain.money import Price, currency_precision

Option = answer_struct(schemas.Option)
OptionRestrictions = answer_struct(schemas.OptionRestrictions)
Pricing = answer_struct(pricing_schemas.Pricing)
Product = answer_struct(schemas.Product)
Supplier = answer_struct(schemas.Supplier)
SupplierContact = answer_struct(schemas.SupplierContact)
Tax = answer_struct(pricing_schemas.Tax)
Unit = answer_struct(schemas.Unit)
UnitRestrictions = answer_struct(schemas.UnitRestrictions)


class Prices(Enum):
    """Which field of a unit or option holds its lowest prices, if any."""

    LEFT_OUT = None
    IN_LIST = "pricing_from"
    IN_BOOKING = "pricing"


def supplier(supplier: catalog.Supplier, *, public_url: str) -> schemas.Supplier:
    return Supplier(
        id=supplier.code,
        name=supplier.name,
        endpoint=f"{public_url}{OCTO_PREFIX}",
        contact=SupplierContact(
            website=supplier.website,
            email=supplier.email,
            telephone=supplier.telephone,
            address=supplier.address,
        ),
    )


@dataclass(frozen=True, slots=True)
class EncodedProduct:
    """A product's JSON, and that of its options and units, which bookings repeat."""

    product: Any
    options: Mapping[OptionId, Any]
    units: Mapping[UnitId, Any]
    #: The bytes of all of it together.
    length: int

    def __len__(self) -> int:
        return self.length


#: The prices that this process has encoded.
MOST_PRICES = 5_000

#: The products that this process has encoded, by id, commission, prices and number of options
#: (bookings need those that are not listed as well), each at one revision and on one day: a season
#: may have ended since.
ENCODED: AnswerMemory[tuple[int, int, Prices, int], tuple[int, date], EncodedProduct] = (
    AnswerMemory(most_bytes=16 * 1024 * 1024)
)


def encoded_product(product: catalog.Product, prices: Prices, now: datetime) -> EncodedProduct:
    """Return a product's JSON, remembered by its revision and the partner's commission.

    It has the start times, and with ``prices`` the lowest ones, of the product's day ``now`` and
    later.
    """
    key = (product.id, product.commission_basis_points, prices, len(product.options))
    today = now.astimezone(product.zone).date()
    version = (product.revision, today)
    remembered = ENCODED.get(key, version)
    if remembered is None:
        remembered = _encode(product, _LowestPrices(prices, today))
        ENCODED.remember(key, version, remembered)
    return remembered


class _LowestPrices(NamedTuple):
    """Which field of a unit or option holds its lowest prices, if any, and on which day."""

    prices: Prices
    today: date


def _encode(product: catalog.Product, lowest: _LowestPrices) -> EncodedProduct:
    units = {
        unit.id: raw_json(_unit(unit, product, lowest))
        for option in product.options
        for unit in option.units
    }
    options = {
        option.id: raw_json(_option(option, product, lowest, units)) for option in product.options
    }
    whole = raw_json(_product(product, lowest.prices, options))
    parts = (whole, *options.values(), *units.values())
    return EncodedProduct(
        whole, options, units, length=sum(memoryview(part).nbytes for part in parts)
    )


def pricing(price: Price) -> pricing_schemas.Pricing:
    return Pricing(
        original=price.original_minor,
        retail=price.retail_minor,
        net=price.net_minor,
        currency=price.currency,
        currency_precision=currency_precision(price.currency),
        included_taxes=taxes(price),
    )


@lru_cache(maxsize=MOST_PRICES)
def encoded_pricing(price: Price) -> pricing_schemas.Pricing:
    """Return the JSON of a price, remembered: bookings repeat few."""
    return raw_json(pricing(price))  # type: ignore[no-any-return]


def taxes(price: Price) -> list[pricing_schemas.Tax]:
    return [
        Tax(name=tax.name, original=tax.original_minor, retail=tax.retail_minor, net=tax.net_minor)
        for tax in price.taxes
    ]


def _product(
    product: catalog.Product, prices: Prices, options: Mapping[OptionId, Any]
) -> schemas.Product:
    of_pricing: dict[str, object] = {}
    if prices is not Prices.LEFT_OUT:
        of_pricing = {
            "default_currency": product.default_currency,
            "available_currencies": list(product.available_currencies),
            "pricing_per": product.pricing_per,
        }
    return Product(
        id=product.code,
        internal_name=product.internal_name,
        reference=product.reference or None,
        locale=product.locale,
        time_zone=product.time_zone,
        allow_freesale=product.allow_freesale,
        instant_confirmation=product.instant_confirmation,
        instant_delivery=product.instant_delivery,
        availability_required=product.availability_required,
        availability_type=product.availability_type,
        delivery_formats=list(product.delivery_formats),
        delivery_methods=list(product.delivery_methods),
        redemption_method=product.redemption_method,
        # In a booking, options that are not listed any more as well; OCTO has none without units.
        options=[options[option.id] for option in product.options if option.units],
        **of_pricing,
    )


def _option(
    option: catalog.Option,
    product: catalog.Product,
    lowest: _LowestPrices,
    units: Mapping[UnitId, Any],
) -> schemas.Option:
    cutoff = option.cutoff_description
    return Option(
        id=option.code,
        default=option.is_default,
        internal_name=option.internal_name,
        reference=option.reference or None,
        availability_local_start_times=list(option.start_times_ahead(today=lowest.today)),
        cancellation_cutoff=cutoff.words,
        cancellation_cutoff_amount=cutoff.amount,
        cancellation_cutoff_unit=cutoff.unit,
        required_contact_fields=list(option.required_contact_fields),
        restrictions=OptionRestrictions(min_units=option.min_units, max_units=option.max_units),
        units=[units[unit.id] for unit in option.units],
        **_lowest_prices(option, PricingPer.BOOKING, product, lowest),
    )


def _unit(unit: catalog.Unit, product: catalog.Product, lowest: _LowestPrices) -> schemas.Unit:
    return Unit(
        id=unit.code,
        internal_name=unit.internal_name,
        reference=unit.reference or None,
        type=unit.type,
        restrictions=UnitRestrictions(
            min_age=unit.min_age,
            max_age=unit.max_age,
            id_required=unit.id_required,
            min_quantity=unit.min_quantity,
            max_quantity=unit.max_quantity,
            pax_count=unit.pax_count,
            accompanied_by=list(unit.accompanied_by),
        ),
        required_contact_fields=list(unit.required_contact_fields),
        **_lowest_prices(unit, PricingPer.UNIT, product, lowest),
    )


def _lowest_prices(
    priced: catalog.Unit | catalog.Option,
    priced_per: PricingPer,
    product: catalog.Product,
    lowest: _LowestPrices,
) -> dict[str, list[pricing_schemas.Pricing]]:
    field, today = lowest.prices.value, lowest.today
    if field is None or product.pricing_per is not priced_per:
        return {}
    return {field: [pricing(price) for price in product.lowest_prices(priced, today=today)]}
