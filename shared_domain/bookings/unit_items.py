"""Unit items (tickets) of a booking: created or changed, numbered and priced."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from shared_domain.availability import Departure
from shared_domain.bookings.contact import NO_CONTACT, Contact
from shared_domain.bookings.errors import MissingContactField
from shared_domain.bookings.refunds import RefundAmounts
from shared_domain.bookings.requests import UnitItemRequest, Unset
from shared_domain.catalog import ContactField, Option, PricingPer, Product, Unit
from shared_domain.money import Price, total


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitItem:
    """One ticket. ``price`` and ``refund`` are None where the booking is priced as a whole."""

    uuid: UUID
    unit: Unit
    supplier_reference: str
    reseller_reference: str | None = None
    contact: Contact = NO_CONTACT
    price: Price | None = None
    refund: RefundAmounts | None = None
    redeemed_at: datetime | None = None
    ticket_code: str | None = None


def travel_date(product: Product, departure: Departure | None, now: datetime) -> date:
    """Return the local date that prices are looked up by; without a departure, today's."""
    return departure.local_date if departure else now.astimezone(product.zone).date()


def build_unit_items(
    requested: Sequence[UnitItemRequest],
    units: Sequence[Unit],
    *,
    product: Product,
    currency: str,
    day: date,
    supplier_reference: str,
    kept: Sequence[UnitItem] = (),
    last_number: int = 0,
    keeps_prices: bool = False,
) -> tuple[UnitItem, ...]:
    """Return the requested tickets, made anew or changed from those ``kept``.

    New ones are numbered after ``kept`` and after ``last_number``.
    A kept ticket of the same unit keeps its price when ``keeps_prices``: prices are frozen at
    reservation, and a later change prices only what changed (OCTO, 7.1).

    Raises:
        PriceMissing: a unit has no price on this day.
    """
    by_uuid = {item.uuid: item for item in kept}
    number = find_last_number(kept, default=last_number)
    items = []
    for request, unit in zip(requested, units, strict=True):
        item = by_uuid.get(request.uuid) if request.uuid else None
        if item is None:
            number += 1
            item = UnitItem(
                uuid=request.uuid or uuid4(),
                unit=unit,
                supplier_reference=f"{supplier_reference}-{number}",
                contact=NO_CONTACT,
            )
            is_priced = False
        else:
            is_priced = keeps_prices and item.unit.id == unit.id
        reference = request.reseller_reference
        items.append(
            replace(
                item,
                unit=unit,
                contact=item.contact.with_changes(request.contact),
                reseller_reference=item.reseller_reference
                if isinstance(reference, Unset)
                else reference,
                price=item.price if is_priced else _item_price(product, unit, currency, day),
            )
        )
    return tuple(items)


def total_price(
    product: Product, option: Option, items: Sequence[UnitItem], *, currency: str, day: date
) -> Price:
    """Return what the booking costs: the sum of its tickets, or the option's own price.

    Raises:
        PriceMissing: the option has no price on this day.
    """
    if product.pricing_per is PricingPer.BOOKING:
        return product.price_on(option, currency=currency, travel_date=day)
    return total((item.price for item in items if item.price), currency=currency)


def find_missing_contacts(
    contact: Contact, option: Option, items: Sequence[UnitItem]
) -> dict[tuple[UUID | None, ContactField], MissingContactField]:
    """Return the blank contact fields that the option or a ticket's unit requires, by whose it is.

    A ticket's holder goes by its uuid, the lead guest by None: a ticket's position changes when
    another one is given back.
    """
    missing: dict[tuple[UUID | None, ContactField], MissingContactField] = {
        (None, field): MissingContactField(field)
        for field in contact.missing(option.required_contact_fields)
    }
    return missing | {
        (item.uuid, field): MissingContactField(field, ticket)
        for ticket, item in enumerate(items)
        for field in item.contact.missing(item.unit.required_contact_fields)
    }


def _item_price(product: Product, unit: Unit, currency: str, day: date) -> Price | None:
    if product.pricing_per is PricingPer.BOOKING:
        return None
    return product.price_on(unit, currency=currency, travel_date=day)


def find_last_number(items: Iterable[UnitItem], *, default: int) -> int:
    """Return the highest number of a ticket, at least ``default``."""
    return max((default, *map(_number, items)))


def _number(item: UnitItem) -> int:
    return int(item.supplier_reference.rpartition("-")[2])
