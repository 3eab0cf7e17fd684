"""The outbox: one event for each change of a booking, in order and without personal data.

A store writes the event in the same statement as the change. Staff see them in the admin; mails are
sent by columns of the booking (``tickets_due_at``), not from here.
"""

from enum import StrEnum


class EventType(StrEnum):
    """What happened to a booking; names never change, since they are stored."""

    RESERVED = "booking.reserved"
    CONFIRMED = "booking.confirmed"
    PENDING = "booking.pending"
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


__all__ = ["EventType"]
