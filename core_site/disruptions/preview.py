"""The preview of a disruption: departures, bookings, guests, partners, money and obstacles."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Window
from django.db.models.functions import RowNumber

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.catalog.departure_states import with_states
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_start
from shared_domain import disruptions, resources
from shared_domain.availability import DepartureId
from shared_domain.bookings import RefundChoice
from shared_domain.disruptions import (
    AffectedBooking,
    DisruptionKind,
    DisruptionPlan,
    Obstacle,
    Prediction,
)
from shared_domain.quantities import format_quantity
from shared_domain.run_now import run_now

#: Bookings that the page names one by one; all are counted.
BOOKINGS_SHOWN = 200

#: Slots that the list of one departure offers.
SLOTS_OFFERED = 50

OBSTACLES = {
    Obstacle.USED: "its guests are here already, or some of them: it was redeemed",
    Obstacle.NO_TARGET: "there is no slot on that day to move to; choose another day",
    Obstacle.BOAT_FULL: "the boat of the slot has too few seats left; give it another boat",
    Obstacle.SALE_OVER: "it is pending, and the slot past its cut-off; accept or reject it first",
    Obstacle.TARGET_FULL: "the slot has too few places left; choose another one, or give it more",
}


@dataclass(kw_only=True)
class Count:
    """Counts of live bookings, their guests, and running holds; tests are counted separately."""

    bookings: int = 0
    guests: int = 0
    holds: int = 0
    tests: int = 0
    paid: dict[str, int] = field(default_factory=dict)
    partner_names: set[str] = field(default_factory=set)

    def add(self, booking: AffectedBooking) -> None:
        if booking.access.test_mode:
            self.tests += 1
            return
        if booking.is_hold:
            self.holds += 1
        else:
            self.bookings += 1
            self.guests += booking.places
            self.partner_names.add(booking.partner_name)
        if booking.refundable_minor and not booking.is_used:
            so_far = self.paid.get(booking.currency, 0)
            self.paid[booking.currency] = so_far + booking.refundable_minor

    @property
    def is_empty(self) -> bool:
        return not (self.bookings or self.holds or self.tests)

    @property
    def partners(self) -> str:
        return ", ".join(sorted(self.partner_names)) or "–"

    @property
    def money(self) -> str:
        return format_sums(self.paid)


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A departure to which guests may be moved, as a choice of the page."""

    pk: int
    label: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class AffectedDeparture:
    """One disrupted departure in the preview, with its counts and the slots to move to."""

    departure: Departure
    starts: str
    count: Count
    has_begun: bool = False
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DisruptionPreview:
    """The preview as the page shows it, with the plan that its button carries out."""

    plan: DisruptionPlan
    lines: tuple[AffectedDeparture, ...]
    total: Count
    partners: tuple[tuple[str, Count], ...]
    obstacles: tuple[tuple[AffectedBooking, str], ...]
    more_obstacles: int
    #: Guests of the bookings that are expected to be cancelled or moved.
    expected_guests: int
    fingerprint: str

    @property
    def booked_lines(self) -> list[AffectedDeparture]:
        return [line for line in self.lines if not line.count.is_empty]

    @property
    def empty_lines(self) -> list[AffectedDeparture]:
        return [line for line in self.lines if line.count.is_empty]

    @property
    def variant(self) -> str:
        return "danger" if self.plan.kind is DisruptionKind.CANCEL else "primary"

    @property
    def button(self) -> str:
        verb = "Cancel" if self.plan.kind is DisruptionKind.CANCEL else "Move"
        departures = format_quantity(len(self.lines), "departure")
        guests = format_quantity(self.total.guests, "guest")
        if self.expected_guests < self.total.guests:
            guests = f"{self.expected_guests:,} of {guests}"
        return f"{verb} {departures} with {guests}"


def build_preview(
    departures: Sequence[Departure],
    plan: DisruptionPlan,
    slots: Mapping[int, Sequence[Departure]],
    *,
    now: datetime,
) -> DisruptionPreview:
    """Return the effect of the plan on the bookings of these departures.

    ``slots`` are the departures to which each one may be moved, by its id. It makes five queries,
    however many bookings there are.
    """
    affected = run_now(
        disruptions.find_affected(plan.departures, now=now, store=stores.disruptions())
    )
    vacancies = _Vacancies.load(slots, now=now)
    prediction = disruptions.predict(
        affected,
        plan,
        vacancies=vacancies.places,
        seats=vacancies.seats,
        sharing=vacancies.sharing,
        past_cutoff=vacancies.past_cutoff,
    )
    total, by_departure, by_partner = Count(), defaultdict[int, Count](Count), _counts(affected)
    for booking in affected:
        total.add(booking)
        by_departure[booking.departure_id].add(booking)
    expected = Count()
    for booking in prediction.expected:
        expected.add(booking)
    return DisruptionPreview(
        plan=plan,
        lines=tuple(
            AffectedDeparture(
                departure=departure,
                starts=format_start(departure, departure.option.product.time_zone),
                count=by_departure[departure.pk],
                has_begun=departure.cutoffs_count_from <= now,
                slots=_offer(slots.get(departure.pk, ()), plan, departure, vacancies),
            )
            for departure in departures
        ),
        total=total,
        partners=tuple(sorted(by_partner.items())),
        obstacles=_spoken(prediction)[:BOOKINGS_SHOWN],
        more_obstacles=max(0, len(prediction.obstacles) - BOOKINGS_SHOWN),
        expected_guests=expected.guests,
        fingerprint=disruptions.fingerprint(affected, plan),
    )


def find_slots(
    departures: Sequence[Departure], *, to: date, now: datetime
) -> dict[int, list[Departure]]:
    """Return, by departure id, the open departures of the same option on the day to move to.

    Those past their booking cut-off are among them until they begin, or their day closes.

    The first of the days is moved to ``to``, and later days by the same number of days.
    """
    if not departures:
        return {}
    first = min(departure.local_date for departure in departures)
    days = {departure.pk: to + (departure.local_date - first) for departure in departures}
    found = with_states(Departure.objects.all(), now=now).filter(
        option__in={departure.option_id for departure in departures},
        local_date__in=set(days.values()),
        is_open=True,
        cutoffs_count_from__gt=now,
    )
    emptied = {departure.pk for departure in departures}
    # Of each day so many, so that no other day with more of them takes the place of its slots.
    place = Window(
        RowNumber(), partition_by=["option_id", "local_date"], order_by=["starts_at", "id"]
    )
    offered = found.exclude(pk__in=emptied).annotate(place=place).filter(place__lte=SLOTS_OFFERED)
    of_day: dict[tuple[int, date], list[Departure]] = defaultdict(list)
    for slot in offered.order_by("starts_at", "id"):
        of_day[slot.option_id, slot.local_date].append(slot)
    return {one.pk: of_day[one.option_id, days[one.pk]] for one in departures}


def choose_nearest(departure: Departure, slots: Iterable[Departure]) -> Departure | None:
    """Return the slot whose time of day is nearest to the departure's; None without slots."""

    def distance(slot: Departure) -> int:
        return abs(_minute(slot) - _minute(departure))

    return min(slots, key=distance, default=None)


def format_sums(sums: Mapping[str, int]) -> str:
    """Return sums by currency as text: ``EUR 430.00, GBP 20.00``; a dash without any."""
    return ", ".join(money(minor, currency) for currency, minor in sorted(sums.items())) or "–"


def refund_labels(preview: DisruptionPreview) -> list[tuple[str, str]]:
    """Return the choices of refund, each labelled with the amount that is refunded."""
    paid = f": {preview.total.money}" if preview.total.paid else ""
    nothing = format_sums(dict.fromkeys(preview.total.paid, 0))
    return [
        (RefundChoice.BY_THE_RULES.value, f"By the rules{paid} (we cancel, so everything)"),
        (RefundChoice.FULL.value, f"In full{paid}"),
        (RefundChoice.NONE.value, f"None: {nothing}" if preview.total.paid else "None"),
    ]


def _counts(affected: Iterable[AffectedBooking]) -> dict[str, Count]:
    counts: dict[str, Count] = defaultdict(Count)
    for booking in affected:
        if not booking.access.test_mode:
            counts[booking.partner_name].add(booking)
    return counts


@dataclass(frozen=True, kw_only=True)
class _Vacancies:
    """What the slots have left: places of their own, seats of their boats, and shared boats."""

    places: Mapping[DepartureId, int | None]
    #: Less than none where more guests are booked than its boats take.
    seats: Mapping[DepartureId, int]
    sharing: frozenset[tuple[DepartureId, DepartureId]]
    #: Slots that are sold no more, to which staff may still move guests.
    past_cutoff: frozenset[DepartureId]

    @classmethod
    def load(cls, slots: Mapping[int, Sequence[Departure]], *, now: datetime) -> "_Vacancies":
        found = {DepartureId(slot.pk): slot for offered in slots.values() for slot in offered}
        places = {
            pk: None if slot.capacity is None else max(0, slot.capacity - slot.taken)  # type: ignore[attr-defined]
            for pk, slot in found.items()
        }
        late = frozenset(pk for pk, slot in found.items() if slot.booking_cutoff_at <= now)
        with_boats = [pk for pk, slot in found.items() if slot.has_resources]
        if not with_boats:
            return cls(places=places, seats={}, sharing=frozenset(), past_cutoff=late)
        store = stores.resources()
        seats = run_now(resources.find_seats(with_boats, now=now, store=store))
        clashes = run_now(resources.find_clashes(with_boats, store=store))
        return cls(
            places=places,
            seats={
                pk: left - found[pk].taken  # type: ignore[attr-defined]
                for pk, left in seats.items()
            },
            sharing=frozenset(
                (clash.departure_id, clash.other_id)
                for clash in clashes
                if clash.places is not None
            ),
            past_cutoff=late,
        )

    def left(self, slot: DepartureId) -> int | None:
        known = (self.places.get(slot), self.seats.get(slot))
        return min((max(0, places) for places in known if places is not None), default=None)


def _offer(
    slots: Iterable[Departure], plan: DisruptionPlan, departure: Departure, vacancies: _Vacancies
) -> tuple[Slot, ...]:
    chosen = plan.targets.get(DepartureId(departure.pk))
    return tuple(
        Slot(pk=slot.pk, label=_label(slot, departure, vacancies), is_chosen=slot.pk == chosen)
        for slot in slots
    )


def _label(slot: Departure, departure: Departure, vacancies: _Vacancies) -> str:
    time_zone = departure.option.product.time_zone
    start = format_start(slot, time_zone).removesuffix(f" {time_zone}")
    left = vacancies.left(DepartureId(slot.pk))
    places = "no limit" if left is None else f"{format_quantity(left, 'place')} left"
    is_late = DepartureId(slot.pk) in vacancies.past_cutoff
    return f"{start}, {places}{', past its cut-off' if is_late else ''}"


def _spoken(prediction: Prediction) -> tuple[tuple[AffectedBooking, str], ...]:
    return tuple((booking, OBSTACLES[obstacle]) for booking, obstacle in prediction.obstacles)


def _minute(departure: Departure) -> int:
    start = departure.start_time
    return 0 if start is None else start.hour * 60 + start.minute
