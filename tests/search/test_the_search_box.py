"""The search box finds a booking by whatever the guest on the telephone can say of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Departure
from core_site.documents import qr_code_content
from shared_domain import bookings
from tests.admin.staff import Desk, logged_in, text_of
from tests.harness.data import add_departure
from tests.harness.pages import not_rendered

GUEST = {
    "first_name": "João-Luís",
    "last_name": "Núñez O’Brien",
    "email_address": "Jo.Nunez@MÜLLER.example",
    "phone_number": "+351 912 345 678",
}

HOLDER = {"full_name": "İbrahim Groß"}


def found(client: Client, typed: str, **more: str) -> list[Booking]:
    """Return the bookings of the result page, or the one that it leads to."""
    with not_rendered():
        page = client.get("/admin/find/", {"q": typed} | more)
    if page.status_code == 302:
        return [Booking.objects.get(pk=page["Location"].split("/")[-3])]
    return [hit.row for hit in page.context["bookings"]]


@pytest.fixture
def wanted(desk: Desk) -> Booking:
    """A confirmed booking beside one of another guest."""
    desk.confirmed(contact={"first_name": "Clara", "last_name": "Duarte"}, reseller_reference="X")
    booking = desk.confirmed(
        contact=GUEST,
        reseller_reference="TRV-17 b",
        unit_items=(
            bookings.UnitItemRequest(unit_code="adult", contact=HOLDER),
            bookings.UnitItemRequest(unit_code="adult"),
        ),
    )
    # Of random codes one might be all letters.
    codes = {"supplier_reference": "PT-7Q4M2K9XRA", "voucher_code": "0123456789ABCDEF"}
    Booking.objects.filter(pk=booking.pk).update(**codes)
    booking.refresh_from_db()
    return booking


def test_a_booking_is_found(rosa: Client, wanted: Booking, subtests: pytest.Subtests) -> None:
    for typed in (
        "João-Luís Núñez O’Brien", "nuñez", "NUNEZ", "o'brien", "obrien", "O Brien", "brien",
        "joao", "luis", "joaoluis", "joa\u0303o", "brien joao", " Núñez,\u200b JOÃO ", "joao nun",
        "ibrahim", "İBRAHİM", "gross", "GROß ibrahim", "Groẞ",
        "jo.nunez@müller.example", "JO.NUNEZ@MU\u0308LLER.EXAMPLE", "jo.nun",
        "+351912345678", "00351 912 345 678", "912 345 678", "(0)912-345-678", "912.345.678",
        "+351 (0) 912 345 678", "351912", "5678", "\uff0b351\u3000912 345 678",
        "PT-7Q4M2K9XRA", "pt-7q4m2k9xra", "7q4m2k9xra", "pt 7q4m2k9xra", "PT7Q4M", "7q4m2",
        "pt-7Q4", "PT-7Q4M2K9XRA-2", "#PT-7Q4M2K9XRA", "TRV-17 b", "trv17b", "trv 17", "Trv",
    ):  # fmt: skip
        with subtests.test(typed=typed):
            assert found(rosa, typed) == [wanted]


CODES: list[Callable[[Booking], str | None]] = [
    lambda booking: booking.voucher_code,
    lambda booking: "OI23 4567 89ab cdef",
    lambda booking: str(booking.uuid),
    lambda booking: booking.uuid.hex.upper(),
    lambda booking: UnitItem.objects.filter(booking=booking)[0].ticket_code,
    lambda booking: UnitItem.objects.filter(booking=booking)[0].ticket_code.lower(),
    # As a hand scanner types the QR code of a ticket into whatever has the focus.
    lambda booking: qr_code_content(UnitItem.objects.filter(booking=booking)[0].ticket_code),
]


def test_codes_and_ids_find_their_booking_for_every_role(
    rosa: Client, clerk: Client, wanted: Booking
) -> None:
    for code in filter(None, (way(wanted) for way in CODES)):
        assert found(rosa, code) == found(clerk, code) == [wanted], code


def test_the_id_of_a_request_finds_what_it_changed(rosa: Client, wanted: Booking) -> None:
    request_id = "0192f0c1-7a51-7c55-8d3c-3a5f6f0f7a11"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', %s, true),"
            " set_config('pghistory.context_metadata', %s, true)",
            [request_id, f'{{"request_id": "{request_id}"}}'],
        )
    Booking.objects.filter(pk=wanted.pk).update(updated_at=timezone.now())

    assert found(rosa, request_id) == [wanted]


def test_nothing_typed_is_a_pattern_or_an_error(rosa: Client, wanted: Booking) -> None:
    for typed in ("", "n", "%", "n_nez", "zz'--", "\\", "':*", "()", "a\x00b", "@"):
        assert found(rosa, typed) == [], typed


def test_a_family_name_of_one_character_is_enough(
    rosa: Client, wanted: Booking, desk: Desk
) -> None:
    booking = desk.held(contact={"full_name": "李 小明"})

    assert found(rosa, "李") == found(rosa, "李", list="1") == [booking]
    assert found(rosa, "明") == found(rosa, "🙂") == []


def test_what_changes_is_found_anew(rosa: Client, desk: Desk) -> None:
    booking = desk.held(contact={"last_name": "Duarte"})
    desk.update(booking, contact={"last_name": "Weiß"})

    assert found(rosa, "weiss") == [booking]
    assert found(rosa, "duarte") == []


def test_today_and_the_coming_days_stand_first(rosa: Client, desk: Desk) -> None:
    days = (30, -3, 0, 2, -40)
    made = {}
    for day in days:
        booking = desk.held(contact={"last_name": "Duarte"})
        moved = add_departure(desk.shop.kayak, starts_at=timezone.now() + timedelta(days=day))
        desk.change(booking, departure_id=moved.pk)
        made[day] = booking

    assert found(rosa, "duarte") == [made[day] for day in (0, 2, 30, -3, -40)]

    Departure.objects.filter(bookings=made[30]).update(
        local_date=(timezone.now() + timedelta(days=1)).date()
    )
    assert found(rosa, "duarte")[1] == made[30]


class TestWithoutThePermissionToSeeGuests:
    def test_references_are_enough(self, clerk: Client, wanted: Booking) -> None:
        for typed in ("7q4m2k9xra", "trv-17", "PT-7Q4"):
            assert found(clerk, typed) == [wanted]

    @pytest.mark.parametrize("typed", ["nunez", "ibrahim", "jo.nunez@müller.example", "912345678"])
    def test_a_guest_who_exists_looks_like_one_who_does_not(
        self, clerk: Client, wanted: Booking, typed: str
    ) -> None:
        real = clerk.get("/admin/find/", {"q": typed, "list": "1"})
        Booking.objects.update(contact={})
        UnitItem.objects.update(contact={})
        gone = clerk.get("/admin/find/", {"q": typed, "list": "1"})

        assert real.content == gone.content
        assert b"No booking found" in real.content

    def test_a_result_names_no_guest(self, clerk: Client, wanted: Booking) -> None:
        said = text_of(clerk.get("/admin/find/", {"q": "trv-17"}))

        assert wanted.supplier_reference in said
        assert "Núñez" not in said
        assert "müller" not in said.lower()


def test_a_holder_of_a_ticket_and_a_number_are_named_where_they_were_meant(
    rosa: Client, wanted: Booking
) -> None:
    assert "with İbrahim Groß" in text_of(rosa.get("/admin/find/", {"q": "gross"}))
    assert "+351912345678" in text_of(rosa.get("/admin/find/", {"q": "912345678"}))


def test_who_sees_no_bookings_finds_the_pages_that_they_see(wanted: Booking) -> None:
    editor = logged_in("catalog.view_product", username="editor")

    page = editor.get("/admin/find/", {"q": "KAYAK"})
    assert page.context["bookings"] == []
    assert [found.title for found in page.context["pages"]] == ["kayak"]
    assert found(editor, "nunez") == []
    assert Client().get("/admin/find/", {"q": "nunez"}).status_code == 302


def test_a_list_while_typing_asks_little_and_says_when_there_is_more(
    rosa: Client, desk: Desk, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    Departure.objects.update(capacity=None)
    for number in range(10):
        desk.held(contact={"last_name": f"Duarte{number}"})

    with django_assert_max_num_queries(9):  # type: ignore[attr-defined]
        page = rosa.get("/admin/find/", {"q": "duarte", "list": "1"})

    assert len(page.context["bookings"]) == 8
    assert "There are more: press Enter" in text_of(page)
