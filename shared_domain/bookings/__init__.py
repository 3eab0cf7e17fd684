"""Bookings: a partner holds places, then confirms or cancels; staff redeem.

ON_HOLD ──confirm──▶ CONFIRMED ──redeem──▶ REDEEMED
  │  │                   │  ◀──────undo───────┘          (within a day)
  │  └─confirm─▶ PENDING ┼─accept────────▶ CONFIRMED   (without instant confirmation)
  │                 └────┼─reject, cut-off▶ REJECTED
  ├──cancel──────────────┴─cancel────────▶ CANCELLED
  └──time, cut-off───────────────────────▶ EXPIRED

Expiry is derived from the time: it holds at once for every reader, and the worker stores it later.
"""

from shared_domain.bookings.channels import BY_API, DESK_CHANNELS, Channel, SaleConditions
from shared_domain.bookings.codes import correct_misread
from shared_domain.bookings.contact import NO_CONTACT, Contact, ContactChange
from shared_domain.bookings.errors import (
    AgreementMissing,
    AvailabilityMissing,
    BookingAction,
    BookingNotFound,
    BookingRefused,
    BookingUserNotFound,
    ContactIncomplete,
    CurrencyKept,
    DepartureClosed,
    HoldExpired,
    HoldLimitReached,
    InvalidDetails,
    MissingContactField,
    NotAcceptable,
    NotCancellable,
    NothingToSend,
    NoTicketForUser,
    NotRedeemable,
    PartyRefused,
    RedemptionFinal,
    RedemptionProblem,
    SoldOut,
    TextPath,
    TicketsGone,
    TicketUuidRepeated,
    TooManyBookings,
    UnitAges,
    UnitItemsMissing,
    UuidTaken,
    WrongDay,
    WrongStatus,
)
from shared_domain.bookings.holds import (
    departures_with_expired_holds,
    extend_hold,
    release_expired_holds,
)
from shared_domain.bookings.model import Booking, BookingId
from shared_domain.bookings.move import move_booking
from shared_domain.bookings.move_notices.services import (
    NOTICE_RETRY_PERIOD,
    MoveNotice,
    MoveNoticeStore,
    due_move_notices,
    lock_move_notice,
    queue_move_notice,
    settle_move_notice,
)
from shared_domain.bookings.pickups import pickup_in_words
from shared_domain.bookings.rebooking import preview_move
from shared_domain.bookings.redemption import (
    UNDO_WINDOW,
    admits_today,
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
from shared_domain.bookings.reservation import hold, reserve_booking
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
from shared_domain.bookings.staff_changes import (
    cancel_tickets,
    move_at_kept_price,
    write_internal_note,
)
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import NO_DETAILS, BookingStore, HoldLimits
from shared_domain.bookings.unit_items import UnitItem

__all__ = [
    "BY_API",
    "DESK_CHANNELS",
    "NOTICE_RETRY_PERIOD",
    "NO_CONTACT",
    "NO_DETAILS",
    "PARTNER_TEXTS",
    "SEARCH_LIMIT",
    "UNDO_WINDOW",
    "UNSET",
    "AgreementMissing",
    "AvailabilityMissing",
    "Booking",
    "BookingId",
    "BookingAction",
    "BookingNotFound",
    "BookingRefused",
    "BookingUserNotFound",
    "BookingStatus",
    "BookingStore",
    "Cancellation",
    "Channel",
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
    "Initiator",
    "UnitItemRequest",
    "MoveNotice",
    "MoveNoticeStore",
    "MissingContactField",
    "NotAcceptable",
    "NotCancellable",
    "NoTicketForUser",
    "NotRedeemable",
    "NothingToSend",
    "PartyRefused",
    "RedemptionFinal",
    "Refund",
    "RefundAmounts",
    "RefundChoice",
    "ReservationRequest",
    "BookingFilter",
    "RedemptionProblem",
    "SaleConditions",
    "SoldOut",
    "TextPath",
    "TicketUuidRepeated",
    "TicketsGone",
    "TooManyBookings",
    "UnitAges",
    "UnitItem",
    "UnitItemsMissing",
    "Unset",
    "UuidTaken",
    "WrongDay",
    "WrongStatus",
    "accept_booking",
    "admits_today",
    "cancel_booking",
    "cancel_tickets",
    "confirm_booking",
    "correct_misread",
    "departures_with_expired_holds",
    "due_move_notices",
    "extend_booking",
    "extend_hold",
    "find_bookings",
    "get_booking",
    "hold",
    "is_travel_day",
    "lock_move_notice",
    "mark_tickets_sent",
    "move_at_kept_price",
    "move_booking",
    "pickup_in_words",
    "postpone_tickets",
    "preview_move",
    "queue_move_notice",
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
    "write_internal_note",
]
