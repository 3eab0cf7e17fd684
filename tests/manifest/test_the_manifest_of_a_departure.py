"""The departure's page is its manifest: who comes, who is in, and buttons for the door."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Departure
from core_site.events.models import Event
from core_site.manifest import page as manifest_page
from shared_domain import bookings, payments
from shared_domain.availability import DepartureId
from shared_domain.manifest import services, sql_store
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, logged_in, page_of_departure, text_of
from tests.harness.data import add_departure
from tests.payments.ledgers import open_direct_shop


def manifest_of(departure: Departure) -> str:
    return f"/admin/catalog/departure/{departure.pk}/manifest"


def press(client: Client, booking: Booking, do: str, item: UnitItem | None = None) -> str:
    """Press a button of the manifest, and return what the page says then."""
    order = f"{do}:{booking.pk}:{item.uuid if item else ''}"
    answer = client.post(manifest_of(booking.departure), {"do": order}, headers={"x-manifest": "1"})
    assert answer.status_code == 200
    return text_of(answer)


def start(departure: Departure, **ago: int) -> None:
    started = timezone.now() - timedelta(**ago or {"minutes": 10})
    Departure.objects.filter(pk=departure.pk).update(starts_at=started, cutoffs_count_from=started)


def test_the_page_counts_heads_and_lists_parties(rosa: Client, desk: Desk) -> None:
    desk.admissible("adult", "adult", "family", notes="One of us is deaf")
    desk.held("adult")
    desk.confirmed("adult", test_mode=True)

    page = text_of(rosa.get(page_of_departure(desk.shop.departure)))

    assert "Checked in 0 of 6" in page
    assert "adult 0 of 2" in page
    assert "family (4 people each) 0 of 1" in page
    assert "Clara Duarte" in page
    assert "One of us is deaf" in page
    assert "1 hold of 1 place" in page
    assert page.count("Clara Duarte") == 1


def test_a_party_larger_than_a_page_goes_on_on_the_next(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest_page, "GUESTS_PER_PAGE", 2)
    desk.confirmed("adult", "adult", "adult")
    desk.confirmed("family")
    address = manifest_of(desk.shop.departure)

    shown = [text_of(rosa.get(address, {"parties": number})) for number in (1, 2, 9)]

    assert ["no. 3" in text for text in shown] == [False, True, True]
    assert ["3 guests, continued" in text for text in shown] == [False, True, True]
    assert ["family · " in text for text in shown] == [False, True, True]
    assert "Page 1 of 2" in shown[0]


@pytest.mark.parametrize(("bookings", "is_cut"), [(2, False), (3, True)])
def test_the_page_says_that_the_list_ends_only_if_there_are_more(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch, bookings: int, is_cut: bool
) -> None:
    monkeypatch.setattr(services, "MOST_PARTIES", 2)
    for _ in range(bookings):
        desk.confirmed()

    page = text_of(rosa.get(manifest_of(desk.shop.departure)))

    assert ("The list ends after 2 bookings" in page) is is_cut
    assert f"0 of {bookings}" in page


def test_a_guest_of_our_own_sale_owes_its_balance(rosa: Client) -> None:
    desk = Desk(open_direct_shop())
    booking = desk.admissible()
    address = manifest_of(desk.shop.departure)
    before = rosa.get(address)
    assert "EUR 45.00 due" in text_of(before)

    paid = payments.Payment(amount_minor=4500, method=payments.Method.CASH)
    run_now(
        payments.record_payment(
            booking.uuid, paid, access=booking.access, now=timezone.now(),
            by=payments.StaffUserId(User.objects.get().pk), store=stores.payments(),
        )
    )  # fmt: skip

    after = rosa.get(address, headers={"if-none-match": before["ETag"]})
    assert after.status_code == 200
    assert "due" not in text_of(after)


def test_the_manifest_shows_no_mail_addresses(rosa: Client, desk: Desk) -> None:
    desk.admissible()

    assert "clara@example.com" not in rosa.get(manifest_of(desk.shop.departure)).content.decode()


def test_checking_in_is_redemption(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "adult")
    first, _ = booking.unit_items.all()

    said = press(rosa, booking, "check_in", first)

    assert "Checked in 1 of 2" in said
    first.refresh_from_db()
    assert first.redeemed_at is not None
    assert Event.objects.get(type="booking.redeemed").data["tickets"] == [first.supplier_reference]
    log = LogEntry.objects.latest("pk")
    assert (log.object_id, log.change_message) == (str(booking.pk), "Checked in.")


def test_a_party_comes_together_and_a_double_click_does_no_harm(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "adult")

    assert "Check in all 2" in text_of(rosa.get(manifest_of(desk.shop.departure)))
    assert "Checked in 2 of 2" in press(rosa, booking, "check_in")
    assert "Checked in 2 of 2" in press(rosa, booking, "check_in")

    booking.refresh_from_db()
    assert booking.status == "REDEEMED"
    assert Event.objects.filter(type="booking.redeemed").count() == 1


def test_a_mistaken_tick_is_undone(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    press(rosa, booking, "check_in")

    assert "Checked in 0 of 1" in press(rosa, booking, "undo_check_in", booking.unit_items.get())

    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"


def test_no_shows_are_marked_after_the_start_with_who_and_when(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "adult")
    missing, _ = booking.unit_items.all()
    Departure.objects.update(cutoffs_count_from=timezone.now() + timedelta(hours=1))

    assert "Guests may still come until" in press(rosa, booking, "no_show", missing)

    start(desk.shop.departure)
    said = press(rosa, booking, "no_show", missing)

    assert re.search(r"No-show, noted \d\d:\d\d, rosa", said)
    missing.refresh_from_db()
    assert (missing.attendance, missing.attendance_by) == ("NO_SHOW", "rosa")
    assert "Expected" in press(rosa, booking, "expected", missing)
    missing.refresh_from_db()
    assert missing.attendance is None


def test_a_no_show_who_comes_after_all_is_in(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    start(desk.shop.departure)
    press(rosa, booking, "no_show")
    assert "All guests of" in press(rosa, booking, "check_in")

    said = press(rosa, booking, "check_in", booking.unit_items.get())

    assert re.search(r"In \d\d:\d\d, late", said)
    assert booking.unit_items.get().attendance is None


def test_a_no_show_who_is_moved_is_expected_there(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    start(desk.shop.departure)
    press(rosa, booking, "no_show")
    tomorrow = add_departure(desk.shop.kayak, starts_at=timezone.now() + timedelta(days=1))
    move = bookings.move_booking(
        booking.uuid,
        tomorrow.availability_id,
        message="",
        access=booking.access,
        now=timezone.now(),
        store=stores.bookings(),
        notices=stores.move_notices(),
    )
    run_now(move)

    page = text_of(rosa.get(manifest_of(tomorrow)))

    assert "Awaited 1 Late 0 No-show 0" in page


def test_a_late_guest_stays_marked_when_checked_in(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    Departure.objects.update(cutoffs_count_from=timezone.now() + timedelta(hours=1))

    assert "Late 1" in press(rosa, booking, "late")
    assert re.search(r"In \d\d:\d\d, late", press(rosa, booking, "check_in"))
    assert booking.unit_items.get().attendance == "LATE"


def test_another_day_has_no_check_in(rosa: Client, desk: Desk) -> None:
    booking = desk.confirmed()

    page = text_of(rosa.get(manifest_of(desk.shop.departure)))

    assert "Check-in opens on the day of the departure" in page
    assert "Check in" not in page
    assert "These tickets are for" in press(rosa, booking, "check_in")


def test_a_booking_of_another_departure_is_refused(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    other = add_departure(desk.shop.kayak, starts_at=timezone.now() + timedelta(days=3))

    answer = rosa.post(manifest_of(other), {"do": f"check_in:{booking.pk}:"},
                       headers={"x-manifest": "1"})  # fmt: skip

    assert "no longer on the manifest" in text_of(answer)
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"


@pytest.mark.parametrize(
    "order",
    ["", "check_in", "check_in:x:", "sink:1:", "check_in:1:zz", f"late:{2**63}:", "late:0:"],
)
def test_a_forged_button_is_refused(rosa: Client, desk: Desk, order: str) -> None:
    desk.admissible()

    answer = rosa.post(manifest_of(desk.shop.departure), {"do": order}, follow=True)

    assert "press a button of the manifest" in text_of(answer).lower()
    assert not UnitItem.objects.exclude(redeemed_at=None).exists()


def test_without_javascript_the_page_comes_back(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()

    answer = rosa.post(manifest_of(desk.shop.departure), {"do": f"check_in:{booking.pk}:"})

    assert answer["Location"] == f"{page_of_departure(desk.shop.departure)}?parties=1#manifest"


def test_a_poll_is_cheap_until_a_guest_is_ticked(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    address = manifest_of(desk.shop.departure)
    tag = rosa.get(address)["ETag"]

    with CaptureQueriesContext(connection) as queries:
        assert rosa.get(address, headers={"if-none-match": tag}).status_code == 304
    # The session, the user, the departure and the revision.
    assert len(queries) <= 5

    press(rosa, booking, "late")
    changed = rosa.get(address, headers={"if-none-match": tag})
    assert (changed.status_code, "Late 1" in text_of(changed)) == (200, True)


def test_a_poll_knows_what_only_the_clock_has_ended(rosa: Client, desk: Desk) -> None:
    hold, late, arrived = desk.held(), desk.admissible(), desk.admissible()
    press(rosa, late, "late")
    press(rosa, arrived, "check_in")
    departure_id = DepartureId(desk.shop.departure.pk)

    def revision(now: datetime) -> str:
        return run_now(services.get_revision(departure_id, now=now, store=stores.manifest()))

    hold.refresh_from_db()
    marked_at, redeemed_at = (
        late.unit_items.get().attendance_at,
        arrived.unit_items.get().redeemed_at,
    )
    assert hold.hold_expires_at is not None
    assert marked_at is not None
    assert redeemed_at is not None
    undo = bookings.UNDO_WINDOW
    for end in (hold.hold_expires_at, marked_at + undo, redeemed_at + undo):
        assert revision(end - timedelta(microseconds=1)) != revision(end)
    assert revision(end) == revision(end + timedelta(hours=1))


def test_the_queries_of_the_page_do_not_grow_with_its_guests(rosa: Client, desk: Desk) -> None:
    desk.admissible()
    with CaptureQueriesContext(connection) as of_one:
        rosa.get(page_of_departure(desk.shop.departure))
    for _ in range(3):
        desk.change(desk.admissible("adult", "adult"), notes="x")
        Departure.objects.update(booking_cutoff_at=timezone.now() + timedelta(hours=1))

    with CaptureQueriesContext(connection) as of_many:
        rosa.get(page_of_departure(desk.shop.departure))

    assert len(of_many) <= len(of_one) <= 17


def test_without_the_permission_guests_are_references(desk: Desk) -> None:
    booking = desk.admissible("adult", notes="Wheelchair")
    viewer = logged_in("catalog.view_departure", "bookings.view_booking", "bookings.change_booking")

    page = text_of(viewer.get(manifest_of(desk.shop.departure)))
    file = viewer.get(f"{manifest_of(desk.shop.departure)}.csv").content.decode()

    assert booking.supplier_reference in page
    assert booking.supplier_reference in file
    for personal in ("Clara", "Duarte", "Wheelchair"):
        assert personal not in page
        assert personal not in file
    assert "Checked in 1 of 1" in press(viewer, booking, "check_in")


def test_who_may_only_look_has_no_buttons(desk: Desk) -> None:
    booking = desk.admissible()
    viewer = logged_in("catalog.view_departure", "bookings.view_booking")

    assert "Check in" not in text_of(viewer.get(manifest_of(desk.shop.departure)))
    refused = viewer.post(manifest_of(desk.shop.departure), {"do": f"check_in:{booking.pk}:"})
    assert refused.status_code == 403


def test_who_may_not_see_bookings_sees_the_departure_alone(desk: Desk) -> None:
    desk.admissible()
    viewer = logged_in("catalog.view_departure")

    assert viewer.get(manifest_of(desk.shop.departure)).status_code == 403
    page = viewer.get(page_of_departure(desk.shop.departure))
    assert page.status_code == 200
    assert "Clara" not in text_of(page)


@pytest.mark.parametrize(
    "typed", ["käthe", "kathe", "weiß", "weiss", "joão", "joao", "351912345678", "912"]
)
def test_the_filter_finds_words_as_they_are_written_and_without_accents(
    rosa: Client, desk: Desk, typed: str
) -> None:
    """The page looks for each typed word by itself."""
    contact = {"full_name": "Käthe Weiß João", "phone_number": "+351 912 345 678"}
    desk.confirmed(contact=contact | {"email_address": "k@example.com"})

    page = rosa.get(manifest_of(desk.shop.departure)).content.decode()

    (searched,) = re.findall(r'data-text="([^"]*)"', page)
    assert typed in searched


def test_the_driver_sees_whom_to_pick_up(rosa: Client, desk: Desk) -> None:
    for time in ("08:05", "07:50"):
        booking = desk.admissible("adult", "family")
        desk.change(booking, pickup_hotel="Hotel do Chiado", pickup_time=time)

    page = text_of(rosa.get(page_of_departure(desk.shop.departure)))

    first = "07:50 Hotel do Chiado 5 guests: Clara Duarte (5)"
    assert f"Pick-up: 2 stops {first} 08:05 Hotel do Chiado" in page
    blind = logged_in("catalog.view_departure", "bookings.view_booking", username="eva")
    assert "Chiado" not in text_of(blind.get(page_of_departure(desk.shop.departure)))
    assert "Chiado" not in blind.get(f"{manifest_of(desk.shop.departure)}.csv").content.decode()


def test_no_scan_of_a_growing_table(desk: Desk) -> None:
    now = timezone.now()
    parameters = {
        "departure_id": desk.shop.departure.pk,
        "now": now,
        "undoable_after": now,
        "limit": 2000,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in (sql_store.PARTIES, sql_store.COUNTS, sql_store.REVISION):
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan on bookings_booking" not in plan, plan
            assert "Seq Scan on bookings_unititem" not in plan, plan
