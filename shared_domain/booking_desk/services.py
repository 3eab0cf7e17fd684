"""Sell at the booking desk: reserve, confirm where asked, and record an exemption."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shared_domain import availability, bookings, catalog, payments
from shared_domain.availability import DepartureId
from shared_domain.booking_desk.errors import HoldAfterCutoff
from shared_domain.booking_desk.model import (
    BoatLimit,
    Exemption,
    Sale,
    Sold,
    count_places,
    exemption_for,
    normalise_reason,
)
from shared_domain.bookings import Booking, BookingId, BookingStatus, BookingStore, SaleConditions
from shared_domain.events import EventType
from shared_domain.partners import Access


class DeskStore(Protocol):
    """The store that these services need; ``sql_store`` implements it."""

    @property
    def bookings(self) -> BookingStore: ...

    @property
    def payments(self) -> payments.PaymentStore: ...

    async def boat_limits(
        self, departure_ids: Sequence[DepartureId], *, now: datetime
    ) -> Mapping[DepartureId, BoatLimit]:
        """Return the limits of the departures that have boats, or other resources with places."""
        ...

    async def record_exemption(
        self,
        exemption: Exemption,
        *,
        booking_id: BookingId,
        reason: str,
        staff_user_id: int,
        now: datetime,
    ) -> None: ...


async def sell(sale: Sale, *, access: Access, now: datetime, store: DeskStore) -> Sold:
    """Reserve the booking of a sale, and if requested confirm it and record the guest's payment.

    Idempotent by the uuid of the request, as ``reserve_booking`` is: a repeat returns the booking
    in its present state, and raises no capacity again. A repeat that requests a confirmation
    confirms a hold that is still running.

    Staff decide for the supplier, so a booking that they confirm is CONFIRMED, also where a
    partner's booking would be PENDING first.

    Raises:
        All refusals of ``reserve_booking``, ``confirm_booking`` and ``record_payment``.
        ExemptionReasonMissing: an exemption is requested with a blank or too long reason.
        BoatFull: an exemption cannot add seats to the departure's boat.
        HoldAfterCutoff: a sale after the cut-off that is to stay on hold.
    """
    exemption = None
    if sale.reason is not None:
        reason = normalise_reason(sale.reason)
        exemption = await _exempt(sale, access, now, store)
    booking = await bookings.reserve_booking(
        sale.request,
        access=access,
        now=now,
        store=store.bookings,
        conditions=SaleConditions(
            channel=sale.channel,
            ignores_cutoff=exemption is not None and exemption.is_after_cutoff,
            is_confirmed_at_once=sale.is_confirmed,
        ),
    )
    if exemption is not None and booking.id is not None:
        await store.record_exemption(
            exemption,
            booking_id=booking.id,
            reason=reason,
            staff_user_id=sale.staff_user_id,
            now=now,
        )
    if sale.is_confirmed and booking.status is BookingStatus.ON_HOLD:
        booking = await _confirm(booking, access, now, store.bookings)
    # A repeat has paid before: the ledger does not know a form that is sent twice.
    if sale.payment is not None and booking.created_at == now:
        await payments.record_payment(
            booking.uuid,
            sale.payment,
            access=access,
            by=payments.StaffUserId(sale.staff_user_id),
            now=now,
            store=store.payments,
        )
    return Sold(booking, exemption)


async def _exempt(sale: Sale, access: Access, now: datetime, store: DeskStore) -> Exemption | None:
    """Lock a new sale's departure and raise its capacity; None for a repeat, or if not needed."""
    request = sale.request
    if request.availability_id is None or request.uuid is None:
        return None
    product = await catalog.get_product(
        request.product_code, access=access, store=store.bookings.catalog
    )
    option = product.option(request.option_code)
    departure = await store.bookings.availability.lock_slot(
        option.id, request.availability_id, stock=availability.LIVE_STOCK, now=now
    )
    # Under the lock: a repeat that waited for the first one finds its booking here.
    is_repeat = await store.bookings.earlier_reservation(request.uuid, access) is not None
    if departure is None or is_repeat:
        return None
    places = count_places(option, request)
    exemption = exemption_for(departure, places=places, now=now)
    if exemption is None:
        return None
    # The boats were locked with the departure, so what they hold for it stays until the end.
    limits = await store.boat_limits([departure.id], now=now)
    if departure.id in limits:
        limits[departure.id].check(departure, places=places)
    if exemption.is_after_cutoff and not sale.is_confirmed:
        raise HoldAfterCutoff
    if exemption.raises_capacity:
        await availability.set_departure_capacity(
            departure.id, exemption.capacity_after, now=now, store=store.bookings.availability
        )
    return exemption


async def _confirm(booking: Booking, access: Access, now: datetime, store: BookingStore) -> Booking:
    """Confirm a hold for the supplier, after its departure's cut-off too, which was checked before.

    Raises:
        HoldExpired: the hold ran out, as that of an old page.
        ContactIncomplete: a field that option or unit require is missing.
    """
    held = await store.get_locked(booking.uuid, access, now=now)
    if held is None:
        raise bookings.BookingNotFound(str(booking.uuid))
    if held.status is not BookingStatus.ON_HOLD:
        return held
    if held.has_run_out(now=now):
        raise bookings.HoldExpired(str(held.uuid))
    held.check_contacts()
    confirmed = held.as_confirmed(now)
    await store.save(confirmed, before=held, event=EventType.CONFIRMED)
    return confirmed
