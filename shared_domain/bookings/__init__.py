"""Bookings: a partner holds places, then confirms or cancels; staff redeem.

ON_HOLD ──confirm──▶ CONFIRMED ──redeem──▶ REDEEMED
  │  │                   │
  │  └─confirm─▶ PENDING ┼─accept────────▶ CONFIRMED   (without instant confirmation)
  │                 └────┼─reject, cut-off▶ REJECTED
  ├──cancel──────────────┴─cancel────────▶ CANCELLED
  └──time, cut-off───────────────────────▶ EXPIRED

What time does is derived: it holds at once for every reader, and the worker notes it later.
"""

from shared_domain.bookings.contact import NOBODY, Contact, ContactChange
from shared_domain.bookings.errors import (
    AvailabilityMissing,
    BookingNotFound,
    BookingRefused,
    ContactIncomplete,
    CurrencyKept,
    DepartureClosed,
    DetailsUnusable,
    HoldExpired,
    NotAcceptable,
    NotCancellable,
    NothingToSend,
    NotRedeemable,
    PartyRefused,
    SoldOut,
    TooManyBookings,
    UnaccompaniedUnit,
    UnitItemsMissing,
    UuidTaken,
    WrongStatus,
)
from shared_domain.bookings.expiring import departures_with_lapsed_holds, release_lapsed_holds
from shared_domain.bookings.model import (
    Booking,
    BookingId,
    Cancellation,
    Refund,
    UnitItem,
)
from shared_domain.bookings.reserving import reserve_booking
from shared_domain.bookings.services import (
    SEARCH_LIMIT,
    accept_booking,
    cancel_booking,
    confirm_booking,
    extend_booking,
    find_bookings,
    get_booking,
    mark_tickets_sent,
    redeem_booking,
    reject_booking,
    resend_tickets,
    update_booking,
)
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import BookingStore
from shared_domain.bookings.wishes import UNSET, Change, ItemWish, Reservation, Search, Unset

__all__ = [
    "NOBODY",
    "SEARCH_LIMIT",
    "UNSET",
    "AvailabilityMissing",
    "Booking",
    "BookingId",
    "BookingNotFound",
    "BookingRefused",
    "BookingStatus",
    "BookingStore",
    "Cancellation",
    "Change",
    "Contact",
    "ContactChange",
    "ContactIncomplete",
    "CurrencyKept",
    "DepartureClosed",
    "DetailsUnusable",
    "HoldExpired",
    "ItemWish",
    "NotAcceptable",
    "NotCancellable",
    "NotRedeemable",
    "NothingToSend",
    "PartyRefused",
    "Refund",
    "Reservation",
    "Search",
    "SoldOut",
    "TooManyBookings",
    "UnaccompaniedUnit",
    "UnitItem",
    "UnitItemsMissing",
    "Unset",
    "UuidTaken",
    "WrongStatus",
    "accept_booking",
    "cancel_booking",
    "confirm_booking",
    "departures_with_lapsed_holds",
    "extend_booking",
    "find_bookings",
    "get_booking",
    "mark_tickets_sent",
    "redeem_booking",
    "reject_booking",
    "release_lapsed_holds",
    "reserve_booking",
    "resend_tickets",
    "update_booking",
]
