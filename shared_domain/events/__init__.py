"""The outbox: what happened to a booking, in order, without personal data.

A store writes one event in the same statement as the change that it tells of; whoever must act
on it outside the database (webhooks, e-mail) reads it from there.
"""

from enum import StrEnum


class EventType(StrEnum):
    """What happened; the name is for ever, since readers keep it."""

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


__all__ = ["EventType"]
