"""A scanned or typed ticket is redeemed and answered at once: admitted, or why not."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.test import Client

from core_site.bookings.models import Booking
from core_site.documents import qr_code_content
from core_site.events.models import Event
from core_site.scan import views
from tests.admin.staff import Desk, logged_in, page_of, text_of
from tests.harness.responses import ClientResponse
from tests.payments.ledgers import open_direct_shop

PAGE = "/admin/scan/"


def scan(client: Client, code: str, **fields: object) -> str:
    """Scan a code as the page's script does, and return the verdict's text."""
    return text_of(send(client, code, **fields))


def send(client: Client, code: str, **fields: object) -> ClientResponse:
    answer = client.post(PAGE, {"code": code, **fields}, headers={"x-scan": "1"})
    assert answer.status_code == 200
    return answer


def ticket_code(booking: Booking) -> str:
    code = booking.unit_items.all()[0].ticket_code
    assert code is not None
    return code


def test_a_ticket_admits_one_and_names_the_guest(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("family", "adult")
    first, second = booking.unit_items.all()

    said = scan(rosa, qr_code_content(first.ticket_code))

    assert "Admit 4" in said
    assert "Clara Duarte" in said
    assert "1 × family" in said
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.redeemed_at is not None
    assert second.redeemed_at is None
    assert LogEntry.objects.latest("pk").change_message == "Redeemed."


def test_a_voucher_admits_those_who_have_not_come_yet(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "adult", "adult")
    scan(rosa, ticket_code(booking))

    said = scan(rosa, str(booking.voucher_code))

    assert "Admit 2" in said
    assert "1 of the booking came before" in said
    booking.refresh_from_db()
    assert booking.status == "REDEEMED"


def test_a_no_show_who_comes_after_all_is_no_longer_one(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "adult", "adult")
    booking.unit_items.update(attendance="NO_SHOW", attendance_at=booking.created_at,
                              attendance_by="rosa")  # fmt: skip
    first, second, third = booking.unit_items.all()

    asked = scan(rosa, booking.supplier_reference)
    said = scan(rosa, str(first.ticket_code))
    dialog = text_of(rosa.get(page_of(booking, "redeem")))
    chosen = {"admit": "some", "tickets": [str(second.uuid)]}
    page = text_of(rosa.post(page_of(booking, "redeem"), chosen, follow=True))

    assert f"Marked as no-show: {first}, {second}, {third}. Checking in lifts the mark." in asked
    assert f"The no-show mark is lifted: {first}." in said
    assert f"{second}, adult: marked as no-show → redeemed" in dialog
    assert f"The no-show mark is lifted: {second}." in page
    marked = booking.unit_items.filter(attendance="NO_SHOW")
    assert list(marked) == [third]


def test_a_code_may_be_typed_as_it_is_read(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    desk.change(booking, voucher_code="0123456789ABCDEF")

    assert "Admit 1" in scan(rosa, " O123-4567 89ab-cdef ")


def test_a_second_time_is_refused_and_says_when_it_was_used(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    scan(rosa, ticket_code(booking))

    said = scan(rosa, ticket_code(booking))

    assert "Already redeemed" in said
    assert re.search(r"Used at \d{4}-\d\d-\d\d \d\d:\d\d", said)
    assert Event.objects.filter(type="booking.redeemed").count() == 1


def test_the_same_submission_again_is_no_second_time(rosa: Client, desk: Desk) -> None:
    """The answer was lost on the way, and the page sends its scan again."""
    booking = desk.admissible()
    scan(rosa, ticket_code(booking), submission="abc")

    assert "Done before" in scan(rosa, ticket_code(booking), submission="abc")
    assert "Already redeemed" in scan(rosa, ticket_code(booking), submission="def")
    undo = {"do": "undo", "tickets": str(booking.unit_items.get().uuid), "submission": "ghi"}
    assert "Undone" in scan(rosa, ticket_code(booking), **undo)
    assert "Undone" in scan(rosa, ticket_code(booking), **undo)


def test_a_submission_that_waited_for_itself_is_no_second_time(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page sends its scan again while the first one is still being carried out."""
    booking = desk.admissible()
    scan(rosa, ticket_code(booking), submission="abc")
    before, asked = views.refuse_repeat, list[HttpRequest]()

    def not_yet_committed(request: HttpRequest) -> None:
        asked.append(request)
        if len(asked) > 1:
            before(request)

    monkeypatch.setattr(views, "refuse_repeat", not_yet_committed)

    assert "Done before" in scan(rosa, ticket_code(booking), submission="abc")


def test_another_day_is_refused_until_staff_insist(rosa: Client, desk: Desk) -> None:
    booking = desk.confirmed()

    said = scan(rosa, ticket_code(booking))

    assert "Wrong day" in said
    assert "Admit all the same" in said
    assert "Choose tickets" in said
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"

    assert "Admit 1" in scan(rosa, ticket_code(booking), do="redeem", insist="day")
    assert Event.objects.get(type="booking.redeemed").data["on_another_day"] is True
    assert booking.departure is not None
    said = f"Redeemed, though for {booking.departure.local_date}."
    assert LogEntry.objects.latest("pk").change_message == said


@pytest.mark.parametrize(
    ("make", "headline"),
    [
        (Desk.cancelled, "Cancelled"),
        (Desk.pending, "Pending"),
        (lambda desk: desk.confirmed(test_mode=True), "Test booking"),
    ],
)
def test_what_does_not_admit_says_why(rosa: Client, desk: Desk, make, headline: str) -> None:  # type: ignore[no-untyped-def]
    booking = make(desk)
    desk.change(booking, voucher_code="V0UCHER")

    said = send(rosa, "V0UCHER")

    assert headline in text_of(said)
    assert 'data-look="bad"' in said.content.decode()
    assert "Choose tickets" not in text_of(said)
    assert not Event.objects.filter(type="booking.redeemed").exists()


@pytest.mark.parametrize("code", ["", "x", "a\x00b", "9" * 500, "' OR 1=1 --", "🎫", "https://x/"])
def test_an_unknown_code_is_explained(rosa: Client, desk: Desk, code: str) -> None:
    desk.admissible()

    assert "No booking has this code" in scan(rosa, code)


def test_who_still_owes_is_refused_until_staff_insist(rosa: Client) -> None:
    code = ticket_code(Desk(open_direct_shop()).admissible())

    said = scan(rosa, code)

    assert "Unpaid" in said
    assert "EUR 45.00 is due" in said
    assert "Admit 1" in scan(rosa, code, do="redeem", insist="unpaid")


def test_a_mistake_is_undone_with_one_tap(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "adult")
    code = ticket_code(booking)
    verdict = send(rosa, code).content.decode()
    found = re.search(r'name="tickets" value="([^"]+)"', verdict)
    assert found

    assert "Undone" in scan(rosa, code, do="undo", tickets=found[1])

    assert not booking.unit_items.exclude(redeemed_at=None).exists()
    assert "Admit 1" in scan(rosa, code)


@pytest.mark.parametrize("tickets", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_forged_undo_changes_nothing(rosa: Client, desk: Desk, tickets: str) -> None:
    booking = desk.admissible()
    scan(rosa, ticket_code(booking))

    assert "Not undone" in scan(rosa, ticket_code(booking), do="undo", tickets=tickets)

    booking.refresh_from_db()
    assert booking.status == "REDEEMED"


def test_the_address_of_a_ticket_shows_it_and_redeems_nothing(rosa: Client, desk: Desk) -> None:
    """Programs for mail open addresses by themselves."""
    booking = desk.admissible("adult", "adult")

    page = rosa.get(f"{PAGE}{booking.voucher_code}/")

    assert "Check in 2" in text_of(page)
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"
    assert "Admit 2" in scan(rosa, str(booking.voucher_code), do="redeem")


def test_a_reference_shows_the_booking_first(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()

    assert "Check in?" in scan(rosa, booking.supplier_reference.lower())

    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"
    assert "Admit 1" in scan(rosa, booking.supplier_reference, do="redeem")


def test_a_reference_may_be_typed_as_it_is_read(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    bare = booking.supplier_reference.removeprefix("PT-").lower()

    for typed in (f"pt {bare[:4]} {bare[4:]}", f"PT{bare}", bare):
        assert "Check in?" in scan(rosa, typed)


def test_a_tickets_number_shows_that_ticket_first(rosa: Client, desk: Desk) -> None:
    """It stands on the ticket and on the manifest, as its code does not."""
    booking = desk.admissible("adult", "adult", "adult")
    second = booking.unit_items.all()[1]

    asked = scan(rosa, second.supplier_reference)
    said = scan(rosa, second.supplier_reference, do="redeem")

    assert "Check in 1" in asked
    assert "Admit 1" in said
    assert list(booking.unit_items.exclude(redeemed_at=None)) == [second]
    assert "No booking has this code" in scan(rosa, f"{booking.supplier_reference}-9")


def test_without_javascript_the_page_answers(rosa: Client, desk: Desk) -> None:
    page = rosa.post(PAGE, {"code": ticket_code(desk.admissible())})

    assert "Admit 1" in text_of(page)
    assert "Code or reference" in text_of(page)


def test_the_camera_is_allowed_on_this_page_alone(rosa: Client, desk: Desk) -> None:
    assert "camera=(self)" in rosa.get(PAGE)["Permissions-Policy"]
    assert "camera=()" in rosa.get("/admin/")["Permissions-Policy"]


def test_who_may_not_see_guests_sees_the_party(desk: Desk) -> None:
    gate = logged_in("bookings.view_booking", "bookings.change_booking")

    said = scan(gate, ticket_code(desk.admissible()))

    assert "Admit 1" in said
    assert "Clara" not in said


def test_only_who_may_redeem_may_scan(desk: Desk) -> None:
    viewer = logged_in("bookings.view_booking", "bookings.view_personal_data")
    code = ticket_code(desk.admissible())

    assert viewer.get(PAGE).status_code == 403
    assert viewer.get(f"{PAGE}{code}/").status_code == 403
    assert viewer.post(PAGE, {"code": code}, headers={"x-scan": "1"}).status_code == 403
    assert Client().get(f"{PAGE}{code}/")["Location"].startswith("/admin/login/")


def test_choosing_tickets_by_hand_leads_back_to_the_next_scan(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    by_hand = f"{page_of(booking, 'redeem')}?gate=1"
    assert by_hand in rosa.get(f"{PAGE}{booking.voucher_code}/").content.decode()

    assert rosa.post(by_hand, {"admit": "all"})["Location"] == PAGE
