"""Disruptions as values: staff's plan, the affected bookings, and their predicted outcomes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import NewType
from uuid import UUID

from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingId, BookingStatus, RefundChoice
from shared_domain.partners import Access

DisruptionId = NewType("DisruptionId", int)
DisruptionRowId = NewType("DisruptionRowId", int)

#: One disruption closes this many departures and lists this many bookings in one transaction.
MAX_DEPARTURES = 100
MAX_BOOKINGS = 5_000

#: No departure has a boat.
NO_SEATS: Mapping[DepartureId, int] = MappingProxyType({})


class DisruptionKind(StrEnum):
    CANCEL = "CANCEL"
    MOVE = "MOVE"


class LineOutcome(StrEnum):
    """The outcome of one booking of a disruption.

    NEEDLESS: when its turn came it had ended, or had left the departure, by its partner's doing.
    """

    PENDING = "PENDING"
    DONE = "DONE"
    REFUSED = "REFUSED"
    NEEDLESS = "NEEDLESS"


class Notice(StrEnum):
    """The state of the e-mail about a cancellation by a disruption; a move has its own notice."""

    NONE = "NONE"
    DUE = "DUE"
    SENT = "SENT"
    GIVEN_UP = "GIVEN_UP"


class Obstacle(StrEnum):
    """Why a booking is expected to be refused."""

    USED = "USED"
    NO_TARGET = "NO_TARGET"
    TARGET_FULL = "TARGET_FULL"
    BOAT_FULL = "BOAT_FULL"
    SALE_OVER = "SALE_OVER"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisruptionPlan:
    """Staff's decision: which departures are disrupted, and what is done with their bookings.

    ``targets`` maps each departure of a move to the one that its bookings go to. Partners read
    ``reason``, guests read ``message`` beside the facts.
    """

    kind: DisruptionKind
    departures: tuple[DepartureId, ...]
    targets: Mapping[DepartureId, DepartureId] = field(default_factory=dict)
    refund: RefundChoice = RefundChoice.BY_THE_RULES
    reason: str = ""
    message: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedBooking:
    """A booking on a disrupted departure: not yet used, used in part, or REDEEMED.

    ``refundable_minor`` is what a full refund gives back, in ``currency``: of a reseller's sale the
    price, once it is confirmed; of the supplier's own sale, what of the price the guest has paid.
    Tests are carried out like any other booking, and count neither as guests nor as money.
    """

    id: BookingId
    uuid: UUID
    access: Access
    reference: str
    partner_name: str
    departure_id: DepartureId
    status: BookingStatus
    places: int
    refundable_minor: int
    currency: str
    is_partly_redeemed: bool

    @property
    def is_used(self) -> bool:
        return self.status is BookingStatus.REDEEMED or self.is_partly_redeemed

    @property
    def is_hold(self) -> bool:
        return self.status is BookingStatus.ON_HOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The expected outcome of each booking, in the order in which they will be carried out."""

    expected: tuple[AffectedBooking, ...]
    obstacles: tuple[tuple[AffectedBooking, Obstacle], ...]


def predict(
    affected: Iterable[AffectedBooking],
    plan: DisruptionPlan,
    *,
    vacancies: Mapping[DepartureId, int | None],
    seats: Mapping[DepartureId, int] = NO_SEATS,
    sharing: Collection[tuple[DepartureId, DepartureId]] = (),
    past_cutoff: Collection[DepartureId] = (),
) -> Prediction:
    """Predict which bookings a disruption will cancel or move, and which will be refused and why.

    ``vacancies`` are the places left on each target, None for no limit, and ``seats`` the places
    left on the boats of a target that has any, less than none if they are overbooked. ``sharing``
    are a target and another departure, a target or not, that have a boat at the same time: a
    booking takes its seats from every target that shares a boat with its own, and leaves those it
    had. A target that is ``past_cutoff`` takes confirmed bookings only. A hold is cancelled by a
    move as well: its guest was offered this time and no other.
    """
    left = _Left(dict(vacancies), dict(seats), frozenset(sharing), frozenset(past_cutoff))
    expected, obstacles = [], []
    for booking in sorted(affected, key=lambda one: one.id):
        obstacle = _obstacle(booking, plan, left)
        if obstacle is None:
            expected.append(booking)
        else:
            obstacles.append((booking, obstacle))
    return Prediction(expected=tuple(expected), obstacles=tuple(obstacles))


@dataclass(frozen=True, slots=True)
class _Left:
    """The places and seats that targets have left, as the bookings before have left them."""

    places: dict[DepartureId, int | None]
    seats: dict[DepartureId, int]
    sharing: frozenset[tuple[DepartureId, DepartureId]]
    past_cutoff: frozenset[DepartureId]

    def take(self, booking: AffectedBooking, target: DepartureId) -> Obstacle | None:
        if target in self.past_cutoff and booking.status is not BookingStatus.CONFIRMED:
            return Obstacle.SALE_OVER
        places, seats = self.places.get(target, 0), self.seats.get(target)
        if places is not None and places < booking.places:
            return Obstacle.TARGET_FULL
        if seats is not None and seats < booking.places:
            return Obstacle.BOAT_FULL
        if places is not None:
            self.places[target] = places - booking.places
        for other, left in self.seats.items():
            if other == target or (other, target) in self.sharing:
                left -= booking.places
            if (other, booking.departure_id) in self.sharing:
                left += booking.places
            self.seats[other] = left
        return None


def _obstacle(booking: AffectedBooking, plan: DisruptionPlan, left: _Left) -> Obstacle | None:
    if booking.is_used:
        return Obstacle.USED
    if plan.kind is DisruptionKind.CANCEL or booking.is_hold:
        return None
    target = plan.targets.get(booking.departure_id)
    if target is None:
        return Obstacle.NO_TARGET
    return None if booking.access.test_mode else left.take(booking, target)


def fingerprint(affected: Iterable[AffectedBooking], plan: DisruptionPlan) -> str:
    """Return a digest of what a preview shows: bookings with state and money, and targets.

    Two previews with the same digest have the same effect.
    """
    rows = sorted(
        (one.id, one.departure_id, one.status.value, one.places, one.refundable_minor, one.is_used)
        for one in affected
    )
    decided = (plan.kind.value, sorted(plan.departures), sorted(plan.targets.items()))
    return sha256(repr((decided, rows)).encode()).hexdigest()
