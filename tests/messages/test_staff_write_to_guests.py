"""Staff send messages again, tell of a cancellation, write to a departure, and see each letter."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from core_site.bookings.models import Booking
from core_site.messages.jobs import send_messages, send_move_notices, send_tickets
from core_site.messages.models import ArrivalInfo, HouseNote, Message
from core_site.partners.models import Partner
from tests.admin.staff import Desk, logged_in, open_shop, page_of, page_of_departure, text_of
from tests.harness.data import OPENING_HOURS, add_departure
from tests.harness.pages import context_of

LETTERS = "/admin/guest_messages/housenote/letters/"

CLERK = (
    *("bookings.view_booking", "bookings.change_booking", "guest_messages.view_message"),
    *("catalog.view_departure",),
)

GERMAN = {"full_name": "Käthe Weiß", "email_address": "k@example.com", "locales": ("de-AT",)}


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(open_shop())


def heading(page: Any) -> str:
    (found,) = re.findall(r"<h1.*?</h1>", page.content.decode(), re.DOTALL)
    return str(found)


def messages_of(booking: Booking) -> list[tuple[str, str, str]]:
    rows = Message.objects.filter(booking=booking).order_by("id")
    return list(rows.values_list("kind", "outcome", "recipient"))


class TestSendingAgain:
    @pytest.fixture
    def sent(self, desk: Desk) -> Message:
        desk.confirmed(email_receipt=True)
        send_tickets()
        mail.outbox.clear()
        return Message.objects.get()

    def again(self, sent: Message) -> str:
        return f"/admin/guest_messages/message/{sent.pk}/send_again/"

    def test_to_another_address_once(self, sent: Message) -> None:
        rosa = logged_in(*CLERK, "bookings.view_personal_data")
        form = {"to": "another", "recipient": "ANNA@example.com", "submission": "x"}

        for _ in range(2):
            assert rosa.post(self.again(sent), form).status_code == 302
        send_messages()

        (repeat,) = mail.outbox
        assert repeat.to == ["ANNA@example.com"]
        assert sent.booking.voucher_code in repeat.body
        assert messages_of(sent.booking)[1:] == [("TICKETS", "SENT", "ANNA@example.com")]
        panel, _, timeline = text_of(rosa.get(page_of(sent.booking))).partition("Timeline")
        assert "Accepted" in panel
        assert "ANNA@example.com" in panel
        for told in ("to another address (ANNA@example.com)", "to the guest (clara@example.com)"):
            assert (
                f"Message accepted by the mail server Confirmation in English, {told}" in timeline
            )

    def test_who_may_not_see_guests_sees_no_address(self, sent: Message) -> None:
        clerk = logged_in(*CLERK)

        for page in (page_of(sent.booking), self.again(sent), "/admin/guest_messages/message/"):
            assert "clara" not in text_of(clerk.get(page)).lower()
        timeline = text_of(clerk.get(page_of(sent.booking))).partition("Timeline")[2]
        assert "Confirmation in English, to the guest " in timeline
        without = logged_in("bookings.view_booking", "bookings.view_personal_data", username="eva")
        assert "in English" not in text_of(without.get(page_of(sent.booking)))

    def test_what_the_mail_server_refuses_is_told_with_its_reason(
        self, desk: Desk, sent: Message
    ) -> None:
        Message.objects.update(outcome="REFUSED", reason="RECIPIENT")
        timeline = text_of(logged_in(*CLERK).get(page_of(sent.booking))).partition("Timeline")[2]

        assert (
            "Message not accepted by the mail server Confirmation in English, to the guest:"
            " The mail server refuses the recipient's address"
        ) in timeline

    def test_needs_the_permission_and_a_booking_that_stands(
        self, desk: Desk, sent: Message
    ) -> None:
        reader = logged_in("guest_messages.view_message", "bookings.view_booking")
        assert reader.post(self.again(sent), {"to": "guest"}).status_code == 403

        desk.change(sent.booking, status="EXPIRED", hold_expires_at=sent.stands_since)
        page = logged_in(*CLERK, username="ana").post(self.again(sent), {"to": "guest"})
        assert "no longer fits: the booking is expired" in text_of(page)
        assert Message.objects.count() == 1


class TestCancelling:
    def cancel(self, rosa: Client, booking: Booking, **answers: str) -> None:
        page = rosa.get(page_of(booking, "cancel"))
        form = page.context["form"]
        data = {name: form[name].value() or "" for name in form.fields}
        data |= {"reason": "Broken boat", "initiator": "SUPPLIER", "tells_guest": "on"} | answers
        done = rosa.post(page_of(booking, "cancel"), data)
        assert done.status_code == 302, text_of(done)

    def test_tells_the_guest_in_the_own_language_with_our_words(self, desk: Desk) -> None:
        booking = desk.confirmed(email_receipt=True, contact=GERMAN)

        self.cancel(logged_in(), booking, words="Das Boot ist kaputt.")
        send_messages()
        send_tickets()

        (letter,) = mail.outbox
        assert letter.subject == "Storniert: kayak"
        assert "Das Boot ist kaputt." in letter.body
        assert "45,00 zurück" in letter.body  # As Austrians write it: € 45,00.
        assert messages_of(booking) == [("CANCELLED", "SENT", "k@example.com")]

    def test_leaves_it_to_the_partner_who_asked_for_no_mail_or_to_staff(self, desk: Desk) -> None:
        theirs, unticked = desk.confirmed(), desk.confirmed(email_receipt=True)
        rosa = logged_in()

        assert "tells_guest" not in context_of(rosa, page_of(theirs, "cancel"))["form"].fields
        self.cancel(rosa, theirs)
        words = {"reason": "wind", "words": "Sorry!"}
        lost = rosa.post(page_of(unticked, "cancel"), words)
        assert "Tick the box above to send this" in text_of(lost)
        self.cancel(rosa, unticked, tells_guest="")
        send_messages()

        assert mail.outbox == []

    def test_our_own_guest_is_always_told(self, desk: Desk) -> None:
        ours = Partner.objects.create(code="ours", name="Ours", kind="direct")
        booking = desk.confirmed()
        desk.change(booking, partner=ours)

        self.cancel(logged_in(), booking)
        send_messages()

        assert [letter.subject for letter in mail.outbox] == ["Cancelled: kayak"]


def test_a_move_by_staff_is_one_letter_with_both_times_and_the_tickets(desk: Desk) -> None:
    booking = desk.confirmed(email_receipt=True)
    send_tickets()
    mail.outbox.clear()
    later = add_departure(
        desk.shop.kayak, starts_at=desk.shop.departure.starts_at + timedelta(days=200)
    )
    rosa, page = logged_in(), page_of(booking, "move")
    first = rosa.post(page, {"availability_id": later.availability_id})
    seen = first.context["confirmation"].reviewed

    rosa.post(page, {"availability_id": later.availability_id, "reviewed": seen})
    send_tickets()
    send_move_notices()
    send_tickets()

    (letter,) = mail.outbox
    assert letter.subject == "New time for kayak"
    assert booking.voucher_code in letter.body
    booking.refresh_from_db()
    assert booking.tickets_due_at is None


class TestANoteToADeparture:
    TEXTS = {
        "subject_en": "Pontoon 5", "text_en": "Please come to pontoon 5.",
        "subject_de": "Steg 5", "text_de": "Bitte kommen Sie zu Steg 5.",
        "subject_pt": "", "text_pt": "", "submission": "s",
    }  # fmt: skip

    def write(self, client: Client, desk: Desk, **more: Any) -> Any:
        page = page_of_departure(desk.shop.departure, "write_to_guests")
        return client.post(page, self.TEXTS | more)

    def test_reaches_each_guest_once_in_the_own_language(self, desk: Desk) -> None:
        desk.confirmed(), desk.confirmed()
        desk.confirmed(contact=GERMAN)
        # The letter is that of the guest's first booking.
        desk.confirmed(contact=GERMAN | {"locales": ("en",)})
        desk.confirmed(contact={"full_name": "No address"})
        desk.held()
        desk.confirmed(test_mode=True)
        rosa = logged_in()

        shown = self.write(rosa, desk, show="1")
        assert "Send to 2 guests" in text_of(shown)
        assert "1 in English, 1 in German" in text_of(shown)
        assert mail.outbox == []
        for _ in range(2):
            assert self.write(rosa, desk, send="1", seen="2").status_code == 302
        assert "The note leaves for 2 guests." in text_of(rosa.get("/admin/"))
        send_messages()
        send_messages()

        assert {(letter.to[0], letter.subject) for letter in mail.outbox} == {
            ("clara@example.com", "Pontoon 5: kayak"), ("k@example.com", "Steg 5: kayak"),
        }  # fmt: skip
        assert len(mail.outbox) == 2

    def test_reaches_guests_who_were_checked_in(self, desk: Desk) -> None:
        desk.redeemed()

        assert "Send to 1 guest" in text_of(self.write(logged_in(), desk, show="1"))
        self.write(logged_in(username="ana"), desk, send="1", seen="1")
        send_messages()

        assert [letter.subject for letter in mail.outbox] == ["Pontoon 5: kayak"]

    def test_is_looked_at_again_when_the_guests_are_others(self, desk: Desk) -> None:
        desk.confirmed()

        page = self.write(logged_in(), desk, send="1", seen="3")

        assert "The guests are others now" in text_of(page)
        assert not Message.objects.exists()

    def test_takes_no_header_and_no_half_language(self, desk: Desk) -> None:
        page = self.write(
            logged_in(), desk, show="1", subject_en="A\nBcc: eve@x.example", text_de=""
        )

        assert "Write the text to this subject." in text_of(page)
        assert page.context["form"].cleaned_data["subject_en"] == "A Bcc: eve@x.example"

    def test_is_previewed_for_a_day_of_opening_hours_and_needs_its_permission(
        self, desk: Desk
    ) -> None:
        departure = desk.shop.departure
        departure.opening_hours, departure.start_time = OPENING_HOURS, None
        departure.save()

        page = self.write(logged_in(), desk, show="1")

        assert "open 10:00 to 13:00" in text_of(page)
        assert str(departure).casefold() in heading(page).casefold()
        assert self.write(logged_in(*CLERK, username="ana"), desk).status_code == 403


def test_the_house_adds_notes_and_places_by_language_and_product(desk: Desk) -> None:
    kayak = desk.shop.kayak
    ArrivalInfo.objects.create(product=kayak, language="en", meeting_point="Jetty 3")
    ArrivalInfo.objects.create(
        product=kayak, language="de", meeting_point="Steg 3", what_to_bring="ein Handtuch"
    )
    ArrivalInfo.objects.create(product=kayak, language="pt", what_to_bring="uma toalha")
    HouseNote.objects.create(language="de", above="Für alle <b>Gäste</b>")
    HouseNote.objects.create(language="de", kind="TICKETS", product=kayak, below="Nur Kajak")
    desk.confirmed(email_receipt=True, contact=GERMAN)

    send_tickets()

    (letter,) = mail.outbox
    assert "Treffpunkt: Steg 3" in letter.body
    assert "Bitte bringen Sie mit: ein Handtuch" in letter.body
    assert letter.body.index("Für alle <b>Gäste</b>") < letter.body.index("Nur Kajak")
    assert "Für alle &lt;b&gt;Gäste&lt;/b&gt;" in letter.alternatives[0][0]
    letters = logged_in().get(LETTERS, {"kind": "TICKETS", "product": kayak.pk})
    assert "Letters to guests" in heading(letters)
    page = text_of(letters)
    for part in ("Jetty 3", "Steg 3", "Nur Kajak", "Clara Duarte", "Os seus bilhetes: kayak"):
        assert part in page, part
    # Where guests meet is said in English to those of a language that does not say it.
    assert page.count("Jetty 3") == 2


def test_a_chosen_booking_is_previewed_by_staff_who_may_see_guests(desk: Desk) -> None:
    booking = desk.confirmed(contact=GERMAN)
    office = ("guest_messages.view_housenote", "bookings.view_booking")
    asked = {"kind": "REMINDER", "reference": booking.supplier_reference.lower()}

    seen = logged_in(*office, "bookings.view_personal_data").get(LETTERS, asked)
    hidden = logged_in(*office, username="ana").get(LETTERS, asked)

    assert text_of(seen).count("Käthe Weiß") == 3
    assert "Käthe" not in text_of(hidden)
    assert logged_in("bookings.view_booking", username="eve").get(LETTERS).status_code == 403


def test_a_new_time_is_previewed_of_a_departure_soon_after_midnight(desk: Desk) -> None:
    night = add_departure(desk.shop.kayak, starts_at=datetime(2031, 7, 13, 23, 30, tzinfo=UTC))
    booking = desk.confirmed()
    desk.change(booking, departure=night)
    office = logged_in(
        "guest_messages.view_housenote", "bookings.view_booking", "bookings.view_personal_data"
    )

    page = office.get(LETTERS, {"kind": "NEW_TIME", "reference": booking.supplier_reference})

    assert "Sunday, 13 July 2031, 23:30" in text_of(page)
