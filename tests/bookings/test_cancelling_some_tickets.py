"""Staff cancel some tickets of a booking: the others stay, and the rules say what is kept."""

from datetime import timedelta

import pytest
from django.db import transaction

from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Option
from core_site.events.models import Event
from shared_domain import bookings, statements
from shared_domain.bookings import Initiator, RefundChoice
from shared_domain.run_now import run_now
from tests.harness.data import NOW, Shop, bookings_on_django, live, open_shop

ADULT = 4500


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


def confirmed(shop: Shop, *units: str) -> bookings.Booking:
    store, access = bookings_on_django(), live(shop.alice)
    held = run_now(
        bookings.reserve_booking(shop.reservation(*units), access=access, now=NOW, store=store)
    )
    return run_now(
        bookings.confirm_booking(
            held.uuid, bookings.BookingChange(), access=access, now=NOW, store=store
        )
    )


def cancel(shop: Shop, booking: bookings.Booking, *positions: int, **options: object) -> Booking:
    chosen = {booking.unit_items[position].uuid for position in positions}
    choices = {"refund": RefundChoice.BY_THE_RULES, "initiator": Initiator.PARTNER} | options
    with transaction.atomic():
        run_now(
            bookings.cancel_tickets(
                booking.uuid, chosen, access=live(shop.alice), now=NOW,
                store=bookings_on_django(), **choices,
            )
        )  # fmt: skip
    return Booking.objects.get(uuid=booking.uuid)


def test_its_place_is_free_and_its_price_comes_back(shop: Shop) -> None:
    booking = confirmed(shop, "adult", "adult")

    left = cancel(shop, booking, 1)

    assert (left.status, left.places, left.retail_minor) == ("CONFIRMED", 1, ADULT)
    assert [item.uuid for item in left.unit_items.all()] == [booking.unit_items[0].uuid]
    assert Departure.objects.get().reserved == 1
    told = Event.objects.latest("id")
    assert told.type == "booking.updated"
    assert told.data["refundRetail"] == ADULT
    assert told.data["ticketsCancelled"] == [booking.unit_items[1].supplier_reference]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, ADULT // 2),
        ({"initiator": Initiator.SUPPLIER}, 0),
        ({"refund": RefundChoice.FULL}, 0),
        ({"refund": RefundChoice.NONE}, ADULT),
    ],
)
def test_after_the_cutoff_the_rules_keep_a_share(
    shop: Shop, options: dict[str, object], kept: int
) -> None:
    make_late()
    booking = confirmed(shop, "adult", "adult", "adult")

    left = cancel(shop, booking, 1, **options)

    assert left.retail_minor == 2 * ADULT + kept
    assert left.net_minor == (2 * ADULT + kept) * 8 // 10


def test_what_was_kept_is_billed_and_never_refunded(shop: Shop) -> None:
    make_late()
    booking = confirmed(shop, "adult", "adult", "adult")
    cancel(shop, booking, 2)
    cancel(shop, booking, 1, refund=RefundChoice.FULL)

    with transaction.atomic():
        over = run_now(
            bookings.cancel_booking(
                booking.uuid, reason="wind", force=True, by_staff=True,
                initiator=Initiator.SUPPLIER, access=live(shop.alice), now=NOW,
                store=bookings_on_django(),
            )
        )  # fmt: skip

    assert over.price.retail_minor == ADULT + ADULT // 2
    assert over.cancellation is not None
    assert over.cancellation.refund == "PARTIAL"
    assert over.cancellation.refunded.retail_minor == ADULT
    billed = run_now(
        statements.statement_line(booking.uuid, access=live(shop.alice), store=stores.statements())
    )
    assert billed is not None
    assert billed.line.owed_minor == ADULT // 2 * 8 // 10


def test_a_later_change_carries_it_along(shop: Shop) -> None:
    make_late()
    booking = confirmed(shop, "adult", "adult")
    cancel(shop, booking, 1)
    change = bookings.BookingChange(
        unit_items=tuple(
            bookings.UnitItemRequest(unit_code="adult", uuid=uuid)
            for uuid in (booking.unit_items[0].uuid, None)
        )
    )

    with transaction.atomic():
        changed = run_now(
            bookings.update_booking(
                booking.uuid, change, by_staff=True, access=live(shop.alice), now=NOW,
                store=bookings_on_django(),
            )
        )  # fmt: skip

    assert changed.price.retail_minor == 2 * ADULT + ADULT // 2


def test_nothing_is_taken_from_a_booking_that_has_changed(shop: Shop) -> None:
    booking = confirmed(shop, "adult", "adult")
    cancel(shop, booking, 1)

    for positions in ((1,), (0,)):
        with pytest.raises(bookings.TicketsGone):
            cancel(shop, booking, *positions)

    assert Departure.objects.get().reserved == 1


def test_those_who_are_left_may_not_be_children_alone(shop: Shop) -> None:
    booking = confirmed(shop, "adult", "child")

    with pytest.raises(bookings.PartyRefused):
        cancel(shop, booking, 0)


def make_late() -> None:
    Option.objects.update(late_refund_percent=50)
    Departure.objects.update(cutoffs_count_from=NOW - timedelta(hours=1))
