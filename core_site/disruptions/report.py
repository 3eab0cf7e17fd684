"""The report of a disruption: its progress, and each booking's outcome, as a page and as CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from core_site.admin_kit.money_format import money
from core_site.admin_kit.viewer_zone import zones_named
from core_site.bookings.models import MoveNotice
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_start
from core_site.disruptions.models import DisruptedBooking, Disruption
from core_site.disruptions.preview import format_sums
from core_site.disruptions.untold import NO_ADDRESS, NO_ADDRESS_WORDS, find_untold
from core_site.messages.limits import KEPT_FOR
from core_site.messages.models import Message
from core_site.payments.models import Entry
from shared_domain.disruptions import MAX_BOOKINGS, DisruptionKind, LineOutcome, Notice
from shared_domain.messages import MessageKind, MessageOutcome
from shared_domain.partners import PartnerKind
from shared_domain.payments import EntryKind
from shared_domain.spreadsheets import csv_content

LINES_PER_PAGE = 100

CSV_COLUMNS = (
    *("booking", "partner", "reseller_reference", "test", "departure", "places", "outcome"),
    *("why_not", "refund", "currency", "guest_mail", "settled_at"),
)

#: The mail about a test booking, which is stored for staff instead of being sent.
_KEPT = MessageOutcome.KEPT.value
_KEPT_WORDS = "Kept here, not sent"

#: The mail of a line whose message is deleted by now, or never was.
_FORGOTTEN_WORDS = "No longer on record"

#: A booking that the disruption itself has cancelled; one that it moved may be cancelled later.
_IS_CANCELLED_BY_IT = Q(outcome=LineOutcome.DONE.value, booking__cancelled_at=F("settled_at"))

_OUTCOME_WORDS = {
    (DisruptionKind.CANCEL, LineOutcome.DONE): "Cancelled",
    (DisruptionKind.MOVE, LineOutcome.DONE): "Moved",
}


@dataclass(frozen=True, kw_only=True)
class DisruptionProgress:
    """The progress of a disruption: how many of its bookings have each outcome.

    ``released`` are the holds of a move, which are cancelled; they are not counted as ``done``.
    """

    done: int
    released: int
    refused: int
    needless: int
    pending: int
    is_over: bool
    done_word: str
    refunds: str
    mails_sent: int
    mails_kept: int
    mails_due: int
    mails_given_up: int
    without_address: int
    #: True when the messages, by which the mails are counted, are deleted by now.
    are_mails_deleted: bool

    @property
    def total(self) -> int:
        return self.done + self.released + self.refused + self.needless + self.pending

    @property
    def settled(self) -> int:
        return self.total - self.pending

    @property
    def percent(self) -> int:
        return 100 if not self.total else 100 * self.settled // self.total


@dataclass(frozen=True, kw_only=True)
class ReportLine:
    """One booking in the report."""

    line: DisruptedBooking
    departure: str
    outcome: str
    refund: str
    mail: str


@dataclass(frozen=True, kw_only=True)
class DepartureOfReport:
    """One departure in the report, and the target to which its bookings were moved."""

    departure: Departure | None
    starts: str
    target: Departure | None
    target_starts: str


def load_progress(disruption: Disruption) -> DisruptionProgress:
    lines = DisruptedBooking.objects.filter(disruption=disruption)
    counted = dict(lines.order_by().values_list("outcome").annotate(Count("id")))
    refunds = (
        lines.filter(_IS_CANCELLED_BY_IT, booking__test_mode=False)
        .order_by()
        .values_list("booking__currency")
        .annotate(minor=Sum(_refundable()))
    )
    is_move = disruption.kind == DisruptionKind.MOVE.value
    mails = _count_moved_mails(disruption, lines) if is_move else _count_mails(disruption, lines)
    done = counted.get(LineOutcome.DONE.value, 0)
    released = len(_find_cancelled(disruption)) if is_move else 0
    return DisruptionProgress(
        done=done - released,
        released=released,
        refused=counted.get(LineOutcome.REFUSED.value, 0),
        needless=counted.get(LineOutcome.NEEDLESS.value, 0),
        pending=counted.get(LineOutcome.PENDING.value, 0),
        is_over=disruption.finished_at is not None,
        done_word="moved" if is_move else "cancelled",
        refunds=format_sums({currency: minor for currency, minor in refunds if minor}),
        mails_sent=mails.get(Notice.SENT.value, 0),
        mails_kept=mails.get(_KEPT, 0),
        mails_due=mails.get(Notice.DUE.value, 0),
        mails_given_up=mails.get(Notice.GIVEN_UP.value, 0),
        without_address=find_untold(lines).count(),
        are_mails_deleted=is_move and _are_mails_deleted(disruption),
    )


def _are_mails_deleted(disruption: Disruption) -> bool:
    """Return whether the worker may have deleted messages about the disruption."""
    return disruption.started_at < timezone.now() - KEPT_FOR


def _find_cancelled(disruption: Disruption) -> set[int]:
    """Return the ids of the lines whose bookings the disruption has cancelled.

    Of a move, these are the holds: their guests were offered the former time only.
    """
    lines = DisruptedBooking.objects.filter(_IS_CANCELLED_BY_IT, disruption=disruption)
    return set(lines.values_list("pk", flat=True))


def _count_mails(disruption: Disruption, lines: QuerySet[DisruptedBooking]) -> dict[str, int]:
    """Return how many mails of a cancellation are in each state of ``Notice``, or were kept."""
    counted = dict(lines.order_by().values_list("notice").annotate(Count("id")))
    if _are_mails_deleted(disruption):
        # Which mails of tests were kept, only their messages say.
        sent_to_guests = lines.filter(notice=Notice.SENT.value, booking__test_mode=False)
        return counted | {Notice.SENT.value: sent_to_guests.count()}
    sent = lines.filter(notice=Notice.SENT.value).order_by().values("booking")
    kept = _find_messages(disruption, _KEPT).filter(booking__in=sent)
    kept_count = kept.values("booking").distinct().count()
    return counted | {
        Notice.SENT.value: counted.get(Notice.SENT.value, 0) - kept_count,
        _KEPT: kept_count,
    }


def _count_moved_mails(disruption: Disruption, lines: QuerySet[DisruptedBooking]) -> dict[str, int]:
    """Return how many guests of a move were told the new time, and how many still wait for it."""
    moved = lines.filter(outcome=LineOutcome.DONE.value).order_by().values("booking")
    due = MoveNotice.objects.filter(booking__in=moved)
    counted = {Notice.DUE.value: due.count()}
    for outcome in (MessageOutcome.SENT.value, _KEPT):
        told = _find_messages(disruption, outcome).filter(booking__in=moved)
        told = told.exclude(booking__in=due.values("booking"))
        counted[outcome] = told.values("booking").distinct().count()
    given_up = _find_given_up(disruption).filter(booking__in=moved)
    counted[Notice.GIVEN_UP.value] = given_up.values("booking").distinct().count()
    return counted


def _find_given_up(disruption: Disruption) -> QuerySet[Message]:
    """Return the mails of a move that were given up, of guests who were told in no other one."""
    told = _find_messages(disruption, MessageOutcome.SENT.value, _KEPT)
    due = MoveNotice.objects.filter(booking=OuterRef("booking"))
    refused = _find_messages(disruption, MessageOutcome.REFUSED.value)
    return refused.exclude(Exists(due)).exclude(Exists(told.filter(booking=OuterRef("booking"))))


def _find_messages(disruption: Disruption, *outcomes: str) -> QuerySet[Message]:
    """Return the mails about the disruption that have one of these outcomes."""
    is_move = disruption.kind == DisruptionKind.MOVE.value
    kind = MessageKind.MOVE if is_move else MessageKind.CANCELLATION
    return Message.objects.filter(
        kind=kind.value, outcome__in=outcomes, stands_since__gte=disruption.started_at
    )


def load_lines(disruption: Disruption, *, outcome: str, page: str) -> Page[DisruptedBooking]:
    """Return a page of lines by outcome: refused first, then pending, not needed, and done.

    With ``NO_ADDRESS`` as the outcome, those whose guests no mail reaches.
    """
    lines = _lines(disruption)
    if outcome == NO_ADDRESS:
        lines = find_untold(lines)
    elif outcome in {one.value for one in LineOutcome}:
        lines = lines.filter(outcome=outcome)
    return Paginator(lines.order_by("-outcome", "id"), LINES_PER_PAGE).get_page(page)


def describe_lines(disruption: Disruption, lines: list[DisruptedBooking]) -> list[ReportLine]:
    untold = find_untold(DisruptedBooking.objects.filter(pk__in=[line.pk for line in lines]))
    mails = dict.fromkeys(untold.values_list("booking_id", flat=True), NO_ADDRESS_WORDS)
    mails |= _mails(disruption, lines)
    refunds = _find_refunds(disruption, lines)
    departures = _find_departures({line.disrupted_departure.departure_id for line in lines})
    kind = DisruptionKind(disruption.kind)
    return [
        ReportLine(
            line=line,
            departure=_starts(departures.get(line.disrupted_departure.departure_id)),
            outcome=_name_outcome(kind, line, is_cancelled=line.pk in refunds),
            refund=_refund(refunds.get(line.pk), line.booking.currency),
            mail=mails.get(line.booking_id, "–"),
        )
        for line in lines
    ]


def _name_outcome(kind: DisruptionKind, line: DisruptedBooking, *, is_cancelled: bool) -> str:
    if is_cancelled and kind is DisruptionKind.MOVE:
        return "Hold released"
    return _OUTCOME_WORDS.get((kind, LineOutcome(line.outcome)), line.get_outcome_display())


def load_departures(disruption: Disruption) -> list[DepartureOfReport]:
    rows = list(disruption.departures.order_by("departure_id"))
    found = _find_departures({pk for row in rows for pk in (row.departure_id, row.target_id) if pk})
    return [
        DepartureOfReport(
            departure=found.get(row.departure_id),
            starts=_starts(found.get(row.departure_id)),
            target=found.get(row.target_id or 0),
            target_starts=_starts(found.get(row.target_id or 0)) if row.target_id else "",
        )
        for row in rows
    ]


def report_as_csv(disruption: Disruption) -> tuple[bytes, int]:
    """Return every line, and how many there are; a disruption has a bounded number of them."""
    lines = list(_lines(disruption).order_by("id")[:MAX_BOOKINGS])
    with zones_named():
        shown = describe_lines(disruption, lines)
    return csv_content(CSV_COLUMNS, _cells(shown)), len(lines)


def _cells(lines: list[ReportLine]) -> Iterator[tuple[object, ...]]:
    for shown in lines:
        booking = shown.line.booking
        yield (
            booking.supplier_reference,
            booking.partner.name,
            booking.reseller_reference,
            "test" if booking.test_mode else None,
            shown.departure,
            booking.places,
            shown.outcome,
            shown.line.refusal or None,
            shown.refund if shown.refund != "–" else None,
            booking.currency,
            shown.mail,
            _iso(shown.line.settled_at),
        )


def _lines(disruption: Disruption) -> QuerySet[DisruptedBooking]:
    return (
        DisruptedBooking.objects.filter(disruption=disruption)
        .select_related("booking__partner", "disrupted_departure")
        .defer("booking__reservation_fingerprint", "booking__contact", "booking__notes")
    )


def _mails(disruption: Disruption, lines: list[DisruptedBooking]) -> dict[int, str]:
    """Return by booking whether its guest was mailed; none for guests without an address."""
    done = [line for line in lines if line.outcome == LineOutcome.DONE.value]
    is_move = disruption.kind == DisruptionKind.MOVE.value
    ids = [line.booking_id for line in done]
    forgotten: dict[int, str] = {}
    if _are_mails_deleted(disruption):
        told_by_message = (line for line in done if is_move or line.booking.test_mode)
        forgotten = {line.booking_id: _FORGOTTEN_WORDS for line in told_by_message}
    kept = _find_messages(disruption, _KEPT).filter(booking__in=ids)
    kept_words = dict.fromkeys(kept.values_list("booking_id", flat=True), _KEPT_WORDS)
    if not is_move:
        noticed = (line for line in lines if line.notice != Notice.NONE.value)
        return {
            line.booking_id: (forgotten | kept_words).get(line.booking_id, "Sent")
            if line.notice == Notice.SENT.value
            else line.get_notice_display()
            for line in noticed
        }
    sent = _find_messages(disruption, MessageOutcome.SENT.value).filter(booking__in=ids)
    due = MoveNotice.objects.filter(booking__in=ids)
    untold = _find_given_up(disruption).filter(booking__in=ids)
    return {
        **forgotten,
        **dict.fromkeys(untold.values_list("booking_id", flat=True), "Could not be sent"),
        **kept_words,
        **dict.fromkeys(sent.values_list("booking_id", flat=True), "Sent"),
        **dict.fromkeys(due.values_list("booking_id", flat=True), "Waits to be sent"),
    }


def _refundable() -> Case:
    """Return the expression of what a cancelled line's guest gets back; NULL where no guest paid.

    Of the supplier's own sale it is no more than the guest had paid when it was cancelled.
    """
    is_taken_back = Q(kind=EntryKind.REFUNDED.value) ^ Q(reverses__isnull=False)
    sign = Case(
        When(is_taken_back, then=Value(-1)), default=Value(1), output_field=BigIntegerField()
    )
    held = (
        Entry.objects.filter(
            booking=OuterRef("booking"), recorded_at__lte=OuterRef("booking__cancelled_at")
        )
        .exclude(kind=EntryKind.WRITTEN_OFF.value)
        .order_by()
        .values("booking")
        .annotate(held=Sum(sign * F("amount_minor")))
        .values("held")
    )
    # PostgreSQL's least() passes over NULL.
    paid = Coalesce(Subquery(held), Value(0), output_field=BigIntegerField())
    refund = F("booking__refund_retail_minor")
    return Case(
        When(
            booking__partner__kind=PartnerKind.DIRECT.value,
            then=Least(refund, paid, output_field=BigIntegerField()),
        ),
        When(booking__confirmed_at__isnull=False, then=refund),
        output_field=BigIntegerField(),
    )


def _find_refunds(disruption: Disruption, lines: list[DisruptedBooking]) -> dict[int, int | None]:
    """Return what each line gives back of those whose bookings the disruption has cancelled."""
    cancelled = DisruptedBooking.objects.filter(_IS_CANCELLED_BY_IT, disruption=disruption)
    shown = cancelled.filter(pk__in=[line.pk for line in lines])
    return dict(shown.annotate(minor=_refundable()).values_list("pk", "minor"))


def _refund(minor: int | None, currency: str) -> str:
    return "–" if minor is None else money(minor, currency)


def _find_departures(ids: set[int]) -> dict[int, Departure]:
    return Departure.objects.select_related("option__product").in_bulk(ids)


def _starts(departure: Departure | None) -> str:
    if departure is None:
        return "no longer there"
    return format_start(departure, departure.option.product.time_zone)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
