"""Products in PostgreSQL: loaded by one statement, and cached until their revision changes."""

import json
from collections.abc import Collection, MutableMapping
from dataclasses import fields, replace
from datetime import date
from operator import itemgetter
from typing import Any

from shared_domain.catalog.cancellation import CancellationPolicy, DurationUnit
from shared_domain.catalog.model import (
    AvailabilityType,
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
    contact_fields,
)
from shared_domain.catalog.seasons import Season
from shared_domain.database import Database
from shared_domain.money import TaxRate
from shared_domain.partners import PartnerId
from shared_domain.rows import by_name, select_list, table_columns
from shared_domain.unreadable import RowUnreadable, read_each

_SUPPLIER_COLUMNS = table_columns("supplier", (field.name for field in fields(Supplier)))

SUPPLIER = f"""
SELECT {select_list(_SUPPLIER_COLUMNS)}
  FROM catalog_supplier AS supplier
 LIMIT 1
"""

VISIBLE_PRODUCTS = """
SELECT product.id, product.revision
  FROM catalog_product AS product
  JOIN catalog_partnerterms AS terms ON terms.product_id = product.id
 WHERE terms.partner_id = %(partner_id)s
   AND product.is_active
 ORDER BY product.code
"""

VISIBLE_PRODUCT = """
SELECT product.id, product.revision
  FROM catalog_product AS product
  JOIN catalog_partnerterms AS terms ON terms.product_id = product.id
 WHERE terms.partner_id = %(partner_id)s
   AND product.code = %(code)s
   AND product.is_active
"""

ACTIVE_BY_IDS = """
SELECT product.id, product.revision
  FROM catalog_product AS product
  JOIN catalog_partnerterms AS terms ON terms.product_id = product.id
 WHERE terms.partner_id = %(partner_id)s
   AND product.id = ANY(%(product_ids)s)
   AND product.is_active
"""

# A product whose terms are gone still shows in the partner's old bookings: hence LEFT JOIN.
PRODUCTS = """
SELECT json_build_object(
         'id', product.id, 'revision', product.revision, 'code', product.code,
         'internal_name', product.internal_name, 'reference', product.reference,
         'is_active', product.is_active AND terms.id IS NOT NULL, 'locale', product.locale,
         'time_zone', product.time_zone, 'allow_freesale', product.allow_freesale,
         'instant_confirmation', product.instant_confirmation,
         'instant_delivery', product.instant_delivery,
         'availability_required', product.availability_required,
         'availability_type', product.availability_type,
         'delivery_formats', product.delivery_formats,
         'delivery_methods', product.delivery_methods,
         'redemption_method', product.redemption_method, 'pricing_per', product.pricing_per,
         'default_currency', product.default_currency,
         'available_currencies', product.available_currencies,
         'tax_name', product.tax_name, 'tax_basis_points', product.tax_basis_points,
         'commission_basis_points', coalesce(terms.commission_basis_points, 0),
         'options', (
           SELECT json_agg(json_build_object(
                    'id', option.id, 'code', option.code,
                    'internal_name', option.internal_name, 'reference', option.reference,
                    'is_default', option.is_default,
                    'cancellation_policy', option.cancellation_policy,
                    'cancellation_cutoff_amount', option.cancellation_cutoff_amount,
                    'cancellation_cutoff_unit', option.cancellation_cutoff_unit,
                    'allows_late_cancellation', option.allows_late_cancellation,
                    'late_refund_percent', option.late_refund_percent,
                    'required_contact_fields', option.required_contact_fields,
                    'min_units', option.min_units, 'max_units', option.max_units,
                    'start_times', (
                      SELECT json_agg(DISTINCT to_char(start_time, 'HH24:MI'))
                        FROM catalog_schedule AS schedule,
                             unnest(schedule.start_times) AS start_time
                       WHERE schedule.option_id = option.id AND schedule.is_active
                    ),
                    'ending_start_times', (
                      SELECT json_agg(json_build_array(ending.start_time, ending.last_date))
                        FROM (SELECT to_char(start_time, 'HH24:MI') AS start_time,
                                     max(schedule.season_end) AS last_date
                                FROM catalog_schedule AS schedule,
                                     unnest(schedule.start_times) AS start_time
                               WHERE schedule.option_id = option.id AND schedule.is_active
                               GROUP BY 1
                              HAVING bool_and(schedule.season_end IS NOT NULL)
                               ORDER BY 1) AS ending
                    ),
                    'prices', (
                      SELECT json_agg(json_build_array(price.currency, price.original_minor,
                               price.retail_minor, price.season_start, price.season_end)
                               ORDER BY price.id)
                        FROM catalog_price AS price
                       WHERE price.option_id = option.id AND price.unit_id IS NULL
                    ),
                    'units', (
                      SELECT json_agg(json_build_object(
                               'id', unit.id, 'code', unit.code,
                               'internal_name', unit.internal_name, 'reference', unit.reference,
                               'type', unit.type, 'min_age', unit.min_age,
                               'max_age', unit.max_age, 'id_required', unit.id_required,
                               'min_quantity', unit.min_quantity,
                               'max_quantity', unit.max_quantity, 'pax_count', unit.pax_count,
                               'accompanied_by', unit.accompanied_by,
                               'required_contact_fields', unit.required_contact_fields,
                               'prices', (
                                 SELECT json_agg(json_build_array(price.currency,
                                          price.original_minor, price.retail_minor,
                                          price.season_start, price.season_end)
                                          ORDER BY price.id)
                                   FROM catalog_price AS price
                                  WHERE price.unit_id = unit.id
                               )) ORDER BY unit.position, unit.id)
                        FROM catalog_unit AS unit
                       WHERE unit.option_id = option.id
                    )) ORDER BY option.position, option.id)
             FROM catalog_option AS option
            WHERE option.product_id = product.id
         ))::text
  FROM catalog_product AS product
  LEFT JOIN catalog_partnerterms AS terms
    ON terms.product_id = product.id AND terms.partner_id = %(partner_id)s
 WHERE product.id = ANY(%(product_ids)s)
"""

#: Products that were loaded before, for one partner each.
ProductCache = MutableMapping[tuple[ProductId, PartnerId], Product]


class SqlCatalogStore:
    """Products from ``database``; a product is loaded anew only when its revision has changed.

    ``memory`` is a cache that may outlive the transaction: an entry is used only if it has the
    revision that this transaction has read.
    """

    def __init__(self, database: Database, memory: ProductCache | None = None) -> None:
        self._database = database
        self._memory: ProductCache = {} if memory is None else memory

    async def supplier(self) -> Supplier:
        row = await self._database.fetch_one(SUPPLIER, {})
        if row is None:
            raise LookupError("there is no supplier yet; create it in the admin")
        values = by_name(_SUPPLIER_COLUMNS, row)
        details: dict[str, Any] = {name: text or None for name, text in values.items()}
        return Supplier(**{**details, "code": values["code"], "name": values["name"]})

    async def visible_products(self, partner_id: PartnerId) -> list[Product]:
        rows = await self._database.fetch_all(VISIBLE_PRODUCTS, {"partner_id": partner_id})
        revisions = {ProductId(product_id): revision for product_id, revision in rows}
        products = await self.products(revisions, partner_id)
        found = [products[product_id] for product_id in revisions if product_id in products]
        return [product.with_listed_options() for product in found if product.is_complete]

    async def visible_product(self, code: str, partner_id: PartnerId) -> Product | None:
        row = await self._database.fetch_one(
            VISIBLE_PRODUCT, {"partner_id": partner_id, "code": code}
        )
        if row is None:
            return None
        product_id, revision = row
        product = await self.product(ProductId(product_id), revision, partner_id)
        return product.with_listed_options() if product.is_complete else None

    async def active_by_ids(
        self, product_ids: Collection[ProductId], partner_id: PartnerId
    ) -> dict[ProductId, Product]:
        """Return those of the products that the partner may sell, the incomplete ones as well."""
        rows = await self._database.fetch_all(
            ACTIVE_BY_IDS, {"partner_id": partner_id, "product_ids": list(product_ids)}
        )
        return await self.products(
            {ProductId(found): revision for found, revision in rows}, partner_id
        )

    async def product(self, product_id: ProductId, revision: int, partner_id: PartnerId) -> Product:
        """Return a product, visible or not, from the cache if it has this ``revision``.

        Raises:
            RowUnreadable: a stored value breaks a rule.
        """
        remembered = self._memory.get((product_id, partner_id))
        if remembered is not None and remembered.revision == revision:
            return remembered
        found = await self.products({product_id: revision}, partner_id)
        if product_id not in found:
            raise RowUnreadable("product", product_id)
        return found[product_id]

    async def products(
        self, revisions: dict[ProductId, int], partner_id: PartnerId
    ) -> dict[ProductId, Product]:
        """Return products by id, visible or not, from the cache where it has this revision.

        A product that cannot be read is left out.
        """
        found: dict[ProductId, Product] = {}
        missing: list[ProductId] = []
        for product_id, revision in revisions.items():
            remembered = self._memory.get((product_id, partner_id))
            if remembered is not None and remembered.revision == revision:
                found[product_id] = remembered
            else:
                missing.append(product_id)
        if missing:
            rows = await self._database.fetch_all(
                PRODUCTS, {"product_ids": missing, "partner_id": partner_id}
            )
            products = [json.loads(text) for (text,) in rows]
            for product in read_each(products, _product, kind="product", id_of=itemgetter("id")):
                found[product.id] = self._memory[product.id, partner_id] = product
        return found


def _product(row: dict[str, Any]) -> Product:
    tax_name, tax_basis_points = row.pop("tax_name"), row.pop("tax_basis_points")
    is_start_time = row["availability_type"] == AvailabilityType.START_TIME
    row |= {
        "id": ProductId(row["id"]),
        "availability_type": AvailabilityType(row["availability_type"]),
        "delivery_formats": tuple(DeliveryFormat(name) for name in row["delivery_formats"]),
        "delivery_methods": tuple(DeliveryMethod(name) for name in row["delivery_methods"]),
        "redemption_method": RedemptionMethod(row["redemption_method"]),
        "pricing_per": PricingPer(row["pricing_per"]),
        "available_currencies": tuple(row["available_currencies"]),
        "tax_rates": (TaxRate(tax_name, tax_basis_points),) if tax_basis_points else (),
        "options": _with_default(
            tuple(_option(option, is_start_time) for option in row["options"] or ())
        ),
    }
    return Product(**row)


def _with_default(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """Return the options, the first one as the default where staff have chosen none.

    OCTO, section 4: exactly one option of a product is the default. One that is not listed counts
    only where none is.
    """
    listed = [option for option in options if option.is_listed] or options
    if not options or any(option.is_default for option in listed):
        return options
    return tuple(replace(option, is_default=option is listed[0]) for option in options)


def _option(row: dict[str, Any], is_start_time: bool) -> Option:
    start_times = row.pop("start_times") or ()
    row |= {
        "is_listed": bool(row["units"]) and (bool(start_times) or not is_start_time),
        "id": OptionId(row["id"]),
        "local_start_times": tuple(start_times) if is_start_time else (),
        "ending_start_times": tuple(
            (start_time, date.fromisoformat(last_date))
            for start_time, last_date in row["ending_start_times"] or ()
        ),
        "cancellation_policy": CancellationPolicy(row["cancellation_policy"]),
        "cancellation_cutoff_unit": DurationUnit(row["cancellation_cutoff_unit"]),
        "required_contact_fields": contact_fields(row["required_contact_fields"]),
        "prices": _prices(row["prices"]),
        "units": tuple(_unit(unit) for unit in row["units"] or ()),
    }
    return Option(**row)


def _unit(row: dict[str, Any]) -> Unit:
    row |= {
        "id": UnitId(row["id"]),
        "type": UnitType(row["type"]),
        "accompanied_by": tuple(row["accompanied_by"]),
        "required_contact_fields": contact_fields(row["required_contact_fields"]),
        "prices": _prices(row["prices"]),
    }
    return Unit(**row)


def _prices(rows: list[list[Any]] | None) -> tuple[ListPrice, ...]:
    return tuple(
        ListPrice(
            currency=currency,
            original_minor=original_minor,
            retail_minor=retail_minor,
            season=Season(_date(first), _date(last)),
        )
        for currency, original_minor, retail_minor, first, last in rows or ()
    )


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
