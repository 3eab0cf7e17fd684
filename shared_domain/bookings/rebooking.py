"""Change a booking: its slot, its tickets and its texts; prices change only where they must.

A change that keeps the booking's slot and tickets, or gives some tickets back, follows the rules of
cancelling: it is allowed until the cancellation cut-off, also when the slot's sale is over or staff
have closed it, the product is switched off, or the partner's terms are gone. A change that sells
something (another slot, another ticket, a ticket of another unit) follows the rules of selling: see
``_check_sold``.

Staff may move a booking to another slot of its option at the price that it has (``keeps_price``):
no price of the other slot is looked up then, so it may lack one. From then on the kept price counts
as the price of the new slot: a later change in that slot prices only what it adds, a cancellation
gives back shares of the kept price, and the next move prices anew, unless staff keep the price
again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared_domain import catalog
from shared_domain.availability import (
    AvailabilityNotFound,
    Departure,
    build_party_from_units,
    party_unavailable_reason,
    slot_unavailable_reason,
    stock_for,
)
from shared_domain.bookings.errors import AgreementMissing, AvailabilityMissing, CurrencyKept
from shared_domain.bookings.holds import cap_at_cutoff
from shared_domain.bookings.model import Booking
from shared_domain.bookings.named_user import check_user
from shared_domain.bookings.party import choose_units, raise_if_unavailable
from shared_domain.bookings.pickups import (
    keep_pickup_time,
    pickup_in_words,
    settle_pickup_time,
)
from shared_domain.bookings.refunds import price_kept_before
from shared_domain.bookings.requests import UNSET, BookingChange, UnitItemRequest
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import BookingStore
from shared_domain.bookings.unit_items import (
    UnitItem,
    build_unit_items,
    find_last_number,
    total_price,
    travel_date,
)
from shared_domain.catalog import (
    Option,
    OptionNotFound,
    PricingPer,
    Product,
    ProductNotFound,
    Unit,
)
from shared_domain.money import Price, total


async def apply_change(
    booking: Booking,
    change: BookingChange,
    *,
    keeps_price: bool = False,
    now: datetime,
    store: BookingStore,
) -> Booking:
    """Return the booking with the change applied; nothing is stored yet.

    The departures that it takes from or gives to are locked until the transaction ends. With
    ``keeps_price`` the booking costs what it costs now; the change then names a slot alone.

    Raises:
        CatalogRefused, AvailabilityNotFound: no such product, option, slot or unit.
        AvailabilityMissing: the new product is only sold for a chosen date.
        CurrencyKept: the currency would change without a request for it, without a rebooking, or
            although the guest has paid in the present one.
        UnitItemsMissing, PartyRefused, SoldOut, DepartureClosed: the tickets do not fit.
        BookingUserNotFound: the change names a user that the partner does not have.
        InvalidDetails: a contact, note or reference is not what its field takes.
    """
    change = change.normalise()
    if change.moves_places:
        product, option = await _destination(booking, change, store)
        _check_sold(booking, change, product, option)
        departure = await _lock_departures(booking, change, option, now, store)
        changed = _rebook(booking, change, product, option, departure, now, keeps_price)
        await _check_currency(booking, changed, store)
    else:
        changed = booking
    changed = replace(
        changed,
        contact=changed.contact.with_changes(change.contact),
        email_receipt=changed.email_receipt
        if change.email_receipt is None
        else change.email_receipt,
        user_id=changed.user_id if change.user_id is UNSET else change.user_id,
        **settle_pickup_time(changed, change.sent_texts()),
    )
    await check_user(changed, before=booking, now=now, store=store)
    if changed == booking:
        return booking
    if booking.email_receipt and not changed.email_receipt and changed.tickets_sent_at is None:
        # The e-mail that is due was asked for, and is not any more.
        changed = replace(changed, tickets_due_at=None)
    own_address = booking.contact.email_address
    if booking.tickets_recipient == own_address != changed.contact.email_address:
        # What was to be sent to the guest again does not go to the former address.
        changed = replace(changed, tickets_recipient=None)
    if _is_news_to_the_guest(booking, changed):
        changed = changed.with_tickets_due(now=now)
    return replace(changed, updated_at=now)


def check_agreed(before: Booking, after: Booking) -> None:
    """Check that a partner's change adds nothing to a confirmed booking that staff decide on.

    Confirmed without them, it would pass by the decision for which a new booking waits as PENDING.

    Raises:
        AgreementMissing: another slot or option, or a ticket that it did not have, of a product
            without instant confirmation.
    """
    if before.status is not BookingStatus.CONFIRMED or after.product.instant_confirmation:
        return
    had = {(item.uuid, item.unit.id) for item in before.unit_items}
    has_more = any((item.uuid, item.unit.id) not in had for item in after.unit_items)
    if has_more or _slot(before) != _slot(after):
        raise AgreementMissing


def _slot(booking: Booking) -> tuple[object, ...]:
    return booking.option.id, booking.departure.id if booking.departure else None


def preview_move(
    booking: Booking, departure: Departure, *, keeps_price: bool = False, now: datetime
) -> Booking:
    """Return the booking as a move to another slot of its option would leave it.

    With ``keeps_price``, its price stays as it is now. Nothing is locked or stored: by the time of
    the move, the slot may be full.

    Raises:
        ProductNotFound, PartyRefused, SoldOut, DepartureClosed, PriceMissing, CurrencyKept: as
            ``apply_change``.
    """
    change = BookingChange(availability_id=departure.availability_id)
    _check_sold(booking, change, booking.product, booking.option)
    product, option = booking.product, booking.option
    return _rebook(booking, change, product, option, departure, now, keeps_price)


def _is_news_to_the_guest(before: Booking, after: Booking) -> bool:
    """True when the e-mail with the tickets has another content or address, or is requested now."""
    is_first_wanted = after.email_receipt and not before.email_receipt
    return is_first_wanted or _mail_content(before) != _mail_content(after)


def _mail_content(booking: Booking) -> tuple[object, ...]:
    return (
        booking.contact.email_address,
        booking.product.id,
        booking.option.id,
        booking.departure.id if booking.departure else None,
        booking.voucher_code,
        pickup_in_words(booking),
        [(item.unit.id, item.ticket_code) for item in booking.unit_items],
    )


async def _destination(
    booking: Booking, change: BookingChange, store: BookingStore
) -> tuple[Product, Option]:
    product = booking.product
    if change.product_code is not None and change.product_code != product.code:
        product = await catalog.get_product(
            change.product_code, access=booking.access, store=store.catalog
        )
    option = product.option(change.option_code or booking.option.code)
    if option.id != booking.option.id and not option.is_listed:
        raise OptionNotFound(option.code)
    return product, option


def _check_sold(booking: Booking, change: BookingChange, product: Product, option: Option) -> None:
    """Check that what the change adds to the booking is on sale to its partner.

    Raises:
        ProductNotFound: the product is switched off, or the partner's terms are gone.
    """
    if product.is_active:
        return
    slot_id = booking.departure.availability_id if booking.departure else None
    stays = option.id == booking.option.id and change.availability_id in (None, slot_id)
    items = change.unit_items
    if stays and (items is None or _is_subset(booking, items, choose_units(option, items))):
        return
    raise ProductNotFound(product.code)


async def _lock_departures(
    booking: Booking, change: BookingChange, option: Option, now: datetime, store: BookingStore
) -> Departure | None:
    """Lock the old and the new departure, and return the new one.

    The lower id comes first, as in every transaction, so that two cannot wait for each other.
    """
    stock = stock_for(booking.access)
    old = booking.departure
    availability_id = change.availability_id or (old.availability_id if old else None)
    if availability_id is None:
        return None
    wanted = old.id if old and old.availability_id == availability_id else None
    if wanted is None or option.id != booking.option.id:
        slots = await store.availability.by_availability_ids(
            option.id, [availability_id], stock=stock, now=now
        )
        if not slots:
            raise AvailabilityNotFound(availability_id)
        wanted = slots[0].id
    new = None
    needed = sorted({wanted} | ({old.id} if old else set()))
    if len(needed) > 1:
        await store.availability.lock_resources(needed)
    for departure_id in needed:
        locked = await store.availability.lock(departure_id, stock=stock, now=now)
        new = locked if departure_id == wanted else new
    if new is None:
        raise AvailabilityNotFound(availability_id)
    return new


def _rebook(
    booking: Booking,
    change: BookingChange,
    product: Product,
    option: Option,
    departure: Departure | None,
    now: datetime,
    keeps_price: bool,
) -> Booking:
    requested = change.unit_items
    if requested is None:
        requested = tuple(
            UnitItemRequest(unit_code=item.unit.code, uuid=item.uuid) for item in booking.unit_items
        )
    old_id = booking.departure.id if booking.departure else None
    new_id = departure.id if departure else None
    stays = new_id == old_id and option.id == booking.option.id
    if departure is None and not stays and product.availability_required:
        raise AvailabilityMissing
    units = choose_units(option, requested)
    # The same tickets in the same slot: only their contacts and references may differ.
    is_same = stays and [(item.uuid, item.unit.id) for item in booking.unit_items] == [
        (item.uuid, unit.id) for item, unit in zip(requested, units, strict=True)
    ]
    party = build_party_from_units(units)
    gives_back = stays and _is_subset(booking, requested, units)
    # A ticket takes the places that it was sold with, whatever its unit takes by now.
    places = min(party.places, booking.places) if gives_back else party.places
    if not is_same:
        raise_if_unavailable(party_unavailable_reason(party, option, departure))
        already_taken = booking.places if stays else None
        raise_if_unavailable(
            slot_unavailable_reason(departure, places=places, already_taken=already_taken, now=now)
        )
    keeps_prices = keeps_price or gives_back or (stays and _keeps_prices(booking, product))
    day = travel_date(product, departure, now)
    currency = _choose_currency(booking, change, product, stays=stays or keeps_price)
    items = build_unit_items(
        requested,
        units,
        product=product,
        currency=currency,
        day=day,
        supplier_reference=booking.supplier_reference,
        kept=booking.unit_items,
        last_number=booking.last_ticket_number,
        keeps_prices=keeps_prices,
    )
    rebooked = cap_at_cutoff(
        replace(
            booking,
            product=product,
            option=option,
            departure=departure,
            pickup_time=keep_pickup_time(booking, before=booking.departure, after=departure)
            if product.id == booking.product.id
            else None,
            places=booking.places if is_same else (0 if departure is None else places),
            unit_items=items,
            last_ticket_number=_last_number_given_back(booking, items),
            price=_kept_price(booking, items, gives_back=gives_back, keeps_prices=keeps_prices)
            or _with_kept(booking, total_price(product, option, items, currency=currency, day=day)),
        )
    )
    was_delivered = booking.voucher_code or any(item.ticket_code for item in booking.unit_items)
    has_tickets = booking.status is BookingStatus.CONFIRMED and (
        product.instant_delivery or was_delivered
    )
    if not has_tickets:
        return rebooked
    stays_in_product = product.id == booking.product.id
    return rebooked.with_tickets(
        booking.delivery_methods if stays_in_product else product.delivery_methods
    )


def _last_number_given_back(booking: Booking, items: Sequence[UnitItem]) -> int:
    last = find_last_number(booking.unit_items, default=booking.last_ticket_number)
    is_lost = find_last_number(items, default=0) < last
    return last if is_lost else booking.last_ticket_number


def _is_subset(
    booking: Booking, requested: Sequence[UnitItemRequest], units: Sequence[Unit]
) -> bool:
    """True when every ticket is one of the booking's own, so that at most some are given back."""
    own = {item.uuid: item.unit.id for item in booking.unit_items}
    return all(
        item.uuid is not None and own.get(item.uuid) == unit.id
        for item, unit in zip(requested, units, strict=True)
    )


def _kept_price(
    booking: Booking, items: Sequence[UnitItem], *, gives_back: bool, keeps_prices: bool
) -> Price | None:
    """Return the booking's price where no ticket of it is priced anew; None where one is.

    A price for the whole booking stays, however many come; of tickets with a price of their own,
    those that stay cost what they cost, whatever the product is priced by meanwhile.
    """
    prices = [item.price for item in items]
    was_whole = all(item.price is None for item in booking.unit_items)
    if keeps_prices and (was_whole or prices == [item.price for item in booking.unit_items]):
        return booking.price
    if gives_back:
        own = booking.price.currency
        return _with_kept(booking, total((price for price in prices if price), currency=own))
    return None


def _with_kept(booking: Booking, price: Price) -> Price:
    """Return a new price with what was kept of tickets that staff cancelled before.

    Raises:
        CurrencyKept: it would be in another currency than what was kept.
    """
    kept = price_kept_before(booking.price, [item.price for item in booking.unit_items])
    if not kept.original_minor:
        return price
    if kept.currency != price.currency:
        raise CurrencyKept(kept.currency, offered=(kept.currency,))
    return total((price, kept), currency=price.currency)


async def _check_currency(before: Booking, after: Booking, store: BookingStore) -> None:
    """Check that a booking with payments keeps its currency, in which its ledger is.

    Staff lock the booking before they record a payment, so none comes in between.

    Raises:
        CurrencyKept: it has payments, and would be in another currency.
    """
    own = before.price.currency
    if after.price.currency == own or before.id is None:
        return
    if await store.has_payments(before.id):
        raise CurrencyKept(own, offered=(own,))


def _choose_currency(
    booking: Booking, change: BookingChange, product: Product, *, stays: bool
) -> str:
    """Return the currency of the changed booking: its own, or the one that a rebooking requests.

    It never changes without a request: 20.00 pounds are not 20.00 euros, and the partner has to
    explain the difference to the guest.
    """
    own, asked_for = booking.price.currency, change.currency
    if stays:
        if asked_for not in (None, own):
            raise CurrencyKept(own)
        return own
    if asked_for is None and own not in product.available_currencies:
        raise CurrencyKept(own, offered=product.available_currencies)
    return product.currency(asked_for or own)


def _keeps_prices(booking: Booking, product: Product) -> bool:
    """True when tickets are still priced the way this booking's were: one by one, or as a whole."""
    was_whole = all(item.price is None for item in booking.unit_items)
    return was_whole == (product.pricing_per is PricingPer.BOOKING)
