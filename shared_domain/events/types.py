"""The types of events as they are stored."""

from enum import StrEnum


class EventType(StrEnum):
    """What happened to a booking, departure, product or API key.

    Names never change, since they are stored; those after the bookings' are written by the triggers
    of ``core_site/events/migrations/catalogue.sql``. How partners read them: ``PublishedType``.
    """

    RESERVED = "booking.reserved"
    CONFIRMED = "booking.confirmed"
    PENDING = "booking.pending"
    ACCEPTED = "booking.accepted"
    REJECTED = "booking.rejected"
    EXTENDED = "booking.extended"
    UPDATED = "booking.updated"
    CANCELLED = "booking.cancelled"
    EXPIRED = "booking.expired"
    REDEEMED = "booking.redeemed"
    REDEMPTION_UNDONE = "booking.redemption_undone"
    MOVED = "booking.moved"
    MOVE_NOTICE_SENT = "booking.move_notice_sent"
    TICKETS_REQUESTED = "booking.tickets_requested"
    TICKETS_POSTPONED = "booking.tickets_postponed"
    TICKETS_SENT = "booking.tickets_sent"
    INTERNAL_NOTE = "booking.internal_note"

    DEPARTURE_OPENED = "departure.opened"
    DEPARTURE_CLOSED = "departure.closed"
    DEPARTURE_CANCELLED = "departure.cancelled"
    DEPARTURE_MOVED = "departure.moved"
    DEPARTURE_CAPACITY_CHANGED = "departure.capacity_changed"
    DEPARTURE_SOLD_OUT = "departure.sold_out"
    DEPARTURE_AVAILABLE_AGAIN = "departure.available_again"

    PRODUCT_ADDED = "product.added"
    PRODUCT_UPDATED = "product.updated"
    PRODUCT_REMOVED = "product.removed"
    PRODUCT_DEPARTURES_ADDED = "product.departures_added"
    PRODUCT_DEPARTURES_REMOVED = "product.departures_removed"

    PRICE_CHANGED = "price.changed"

    KEY_ISSUED = "key.issued"
    KEY_REPLACED = "key.replaced"
    KEY_REVOKED = "key.revoked"
    KEY_CHANGED = "key.changed"

    @property
    def subject(self) -> str:
        """The kind of subject of the event: booking, departure, product, price or key."""
        return self.value.partition(".")[0]
