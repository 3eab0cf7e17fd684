"""The codes by which guests are admitted: one for the booking, one for each ticket, or both.

Staff may change a product's delivery methods at any time. Its bookings keep those by which their
codes were issued: guests have printed them, and partners show them.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from shared_domain.bookings.codes import new_ticket_code
from shared_domain.bookings.unit_items import UnitItem
from shared_domain.catalog import DeliveryMethod, Product


def find_delivery_methods(
    product: Product, voucher_code: str | None, items: Sequence[UnitItem]
) -> tuple[DeliveryMethod, ...]:
    """Return the methods by which codes were issued, or else those of the product."""
    has_code = {
        DeliveryMethod.VOUCHER: voucher_code is not None,
        DeliveryMethod.TICKET: any(item.ticket_code for item in items),
    }
    # In the product's order, as in the answer to the confirmation.
    in_order = dict.fromkeys((*product.delivery_methods, *DeliveryMethod))
    return tuple(method for method in in_order if has_code[method]) or product.delivery_methods


def issue_codes(
    methods: Collection[DeliveryMethod], voucher_code: str | None, items: Sequence[UnitItem]
) -> tuple[str | None, tuple[UnitItem, ...]]:
    """Return the voucher's code and the tickets, with the missing codes of ``methods`` alone."""
    has_voucher = DeliveryMethod.VOUCHER in methods
    has_tickets = DeliveryMethod.TICKET in methods
    return (voucher_code or new_ticket_code()) if has_voucher else None, tuple(
        replace(item, ticket_code=(item.ticket_code or new_ticket_code()) if has_tickets else None)
        for item in items
    )
