"""Builds OCTO's response models of products and of the supplier."""

from enum import Enum
from functools import lru_cache

from api_edge.http.dialects import OCTO_PREFIX
from api_edge.octo.schemas.catalog import (
    Option,
    OptionRestrictions,
    Product,
    Supplier,
    SupplierContact,
    Unit,
    UnitRestrictions,
)
from api_edge.octo.schemas.pricing import Pricing, Tax
from shared_domain import catalog
from shared_domain.bounded_memory import BoundedMemory
from shared_domain.catalog import PricingPer
from shared_domain.money import Price, currency_precision


class Prices(Enum):
    """Which field of a unit or option holds its lowest prices, if any."""

    LEFT_OUT = None
    IN_LIST = "pricing_from"
    IN_BOOKING = "pricing"


def supplier(supplier: catalog.Supplier, *, public_url: str) -> Supplier:
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


# Products are remembered by the domain and compared by value, so the hash of a whole product
# would cost more than it saves: what decides its content is in the key instead.
_rendered: BoundedMemory[tuple[int, int, Prices], tuple[catalog.Product, Product]] = BoundedMemory(
    most=5_000
)


def product(product: catalog.Product, prices: Prices) -> Product:
    """Return a product's response model, cached by its revision and the partner's commission."""
    key = (product.id, product.commission_basis_points, prices)
    remembered = _rendered.get(key)
    if remembered is not None and remembered[0].revision == product.revision:
        return remembered[1]
    answer = _product(product, prices)
    _rendered[key] = product, answer
    return answer


@lru_cache(maxsize=4096)
def pricing(price: Price) -> Pricing:
    """Return a price's response model, cached: most tickets cost the same."""
    return Pricing(
        original=price.original_minor,
        retail=price.retail_minor,
        net=price.net_minor,
        currency=price.currency,
        currency_precision=currency_precision(price.currency),
        included_taxes=taxes(price),
    )


def taxes(price: Price) -> list[Tax]:
    return [
        Tax(name=tax.name, original=tax.original_minor, retail=tax.retail_minor, net=tax.net_minor)
        for tax in price.taxes
    ]


def _product(product: catalog.Product, prices: Prices) -> Product:
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
        options=[_option(option, product, prices) for option in product.options],
        **of_pricing,
    )


def _option(option: catalog.Option, product: catalog.Product, prices: Prices) -> Option:
    cutoff = option.cutoff_description
    return Option(
        id=option.code,
        default=option.is_default,
        internal_name=option.internal_name,
        reference=option.reference or None,
        availability_local_start_times=list(option.local_start_times),
        cancellation_cutoff=cutoff.words,
        cancellation_cutoff_amount=cutoff.amount,
        cancellation_cutoff_unit=cutoff.unit,
        required_contact_fields=list(option.required_contact_fields),
        restrictions=OptionRestrictions(min_units=option.min_units, max_units=option.max_units),
        units=[_unit(unit, product, prices) for unit in option.units],
        **_lowest_prices(option, PricingPer.BOOKING, product, prices),
    )


def _unit(unit: catalog.Unit, product: catalog.Product, prices: Prices) -> Unit:
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
        **_lowest_prices(unit, PricingPer.UNIT, product, prices),
    )


def _lowest_prices(
    priced: catalog.Unit | catalog.Option,
    priced_per: PricingPer,
    product: catalog.Product,
    prices: Prices,
) -> dict[str, list[Pricing]]:
    if prices.value is None or product.pricing_per is not priced_per:
        return {}
    return {prices.value: [pricing(price) for price in product.lowest_prices(priced)]}
