"""Bookings: a partner holds places, then confirms or cancels; staff redeem.

ON_HOLD ──confirm──▶ CONFIRMED ──redeem──▶ REDEEMED
  │  │                   │  ◀──────undo───────┘          (within a day)
  │  └─confirm─▶ PENDING ┼─accept────────▶ CONFIRMED   (without instant confirmation)
  │                 └────┼─reject, cut-off▶ REJECTED
  ├──cancel──────────────┴─cancel────────▶ CANCELLED
  └──time, cut-off───────────────────────▶ EXPIRED

What time does is derived: it holds at once for every reader, and the worker notes it later.
"""

from shared_domain.bookings.contact import NO_CONTACT, Contact, ContactChange
from shared_domain.bookings.errors import (
    AvailabilityMissing,
    BookingNotFound,
    BookingRefused,
    ContactIncomplete,
    CurrencyKept,
    DepartureClosed,
    HoldExpired,
    HoldLimitReached,
    IdempotencyKeyReused,
    InvalidDetails,
    NotAcceptable,
    NotCancellable,
    NothingToSend,
    NotRedeemable,
    PartyRefused,
    RedemptionFinal,
    SoldOut,
    TooManyBookings,
    UnaccompaniedUnit,
    UnitItemsMissing,
    UuidTaken,
    WrongDay,
    WrongStatus,
)
from shared_domain.bookings.holds import departures_with_expired_holds, release_expired_holds
from shared_domain.bookings.model import Booking, BookingId, UnitItem
from shared_domain.bookings.move_notices.services import (
    NOTICE_RETRY_PERIOD,
    MoveNotice,
    MoveNoticeStore,
    due_move_notices,
    lock_move_notice,
    settle_move_notice,
)
from shared_domain.bookings.redemption import (
    UNDO_WINDOW,
    is_travel_day,
    redeem_booking,
    redeem_tickets,
    undo_redemption,
    unredeem_tickets,
)
from shared_domain.bookings.refunds import (
    Cancellation,
    Initiator,
    Refund,
    RefundAmounts,
    RefundChoice,
)
from shared_domain.bookings.requests import (
    PARTNER_TEXTS,
    UNSET,
    BookingChange,
    BookingFilter,
    ReservationRequest,
    UnitItemRequest,
    Unset,
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
    postpone_tickets,
    reject_booking,
    release_hold,
    resend_tickets,
    update_booking,
)
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import NO_DETAILS, BookingStore, HoldLimits

__all__ = [
    "NOTICE_RETRY_PERIOD",
    "NO_CONTACT",
    "NO_DETAILS",
    "PARTNER_TEXTS",
    "SEARCH_LIMIT",
    "UNDO_WINDOW",
    "UNSET",
    "AvailabilityMissing",
    "Booking",
    "BookingId",
    "BookingNotFound",
    "BookingRefused",
    "BookingStatus",
    "BookingStore",
    "Cancellation",
    "BookingChange",
    "Contact",
    "ContactChange",
    "ContactIncomplete",
    "CurrencyKept",
    "DepartureClosed",
    "InvalidDetails",
    "HoldExpired",
    "HoldLimitReached",
    "HoldLimits",
    "IdempotencyKeyReused",
    "Initiator",
    "UnitItemRequest",
    "MoveNotice",
    "MoveNoticeStore",
    "NotAcceptable",
    "NotCancellable",
    "NotRedeemable",
    "NothingToSend",
    "PartyRefused",
    "RedemptionFinal",
    "Refund",
    "RefundAmounts",
    "RefundChoice",
    "ReservationRequest",
    "BookingFilter",
    "SoldOut",
    "TooManyBookings",
    "UnaccompaniedUnit",
    "UnitItem",
    "UnitItemsMissing",
    "Unset",
    "UuidTaken",
    "WrongDay",
    "WrongStatus",
    "accept_booking",
    "cancel_booking",
    "confirm_booking",
    "departures_with_expired_holds",
    "due_move_notices",
    "extend_booking",
    "find_bookings",
    "get_booking",
    "is_travel_day",
    "lock_move_notice",
    "mark_tickets_sent",
    "postpone_tickets",
    "redeem_booking",
    "redeem_tickets",
    "reject_booking",
    "release_hold",
    "release_expired_holds",
    "resend_tickets",
    "reserve_booking",
    "settle_move_notice",
    "unredeem_tickets",
    "undo_redemption",
    "update_booking",
]
