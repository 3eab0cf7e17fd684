"""Staff see what a blackout closes and who has booked there before it happens; it happens once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core_site.blackouts.models import Blackout
from core_site.catalog.models import Departure, Product
from tests.admin.forms import save
from tests.admin.staff import logged_in, text_of
from tests.blackouts.days import Days
from tests.harness.responses import ClientResponse

pytestmark = pytest.mark.django_db

ADD = "/admin/blackouts/blackout/add-period/"

MAY = (
    "blackouts.view_blackout", "blackouts.manage_blackout", "bookings.change_booking",
    "disruptions.run_disruption", "disruptions.view_disruption",
)  # fmt: skip


def filled_in(days: Days, from_day: int, until_day: int, **values: str) -> dict[str, str]:
    return {
        "place": "Cascais", "first": f"{days.day(from_day)}", "last": f"{days.day(until_day)}",
        "reason": "Regatta", "submission": "one page",
    } | values  # fmt: skip


def seen_on(page: ClientResponse) -> str:
    return str(page.context["form"]["seen"].value())


def test_the_effect_comes_first(days: Days, duarte: Client) -> None:
    days.desk.confirmed("adult", "adult", availability_id=days.on(11).availability_id)
    hold = days.desk.held(availability_id=days.on(10).availability_id)
    form = filled_in(days, 10, 12)

    page = duarte.post(ADD, form)

    text = text_of(page)
    assert "Closes 3 open departures" in text
    assert "2 guests in 1 booking" in text  # The hold does not stay: it is released below.
    assert "1 hold of 1 place" in text
    assert "Cancel or move the bookings instead" in text
    assert not Blackout.objects.exists()
    form |= {"seen": seen_on(page), "release_holds": "on"}
    first, second = duarte.post(ADD, form), duarte.post(ADD, form)
    assert first.headers["Location"] == second.headers["Location"]
    assert Blackout.objects.count() == 1
    assert days.open_days(9, 13) == [9, 13]
    hold.refresh_from_db()
    assert hold.status == "CANCELLED"


def test_a_booking_that_came_since_is_shown_first(days: Days, duarte: Client) -> None:
    form = filled_in(days, 10, 12)
    seen = seen_on(duarte.post(ADD, form))
    days.desk.confirmed(availability_id=days.on(11).availability_id)

    page = duarte.post(ADD, form | {"seen": seen})

    assert "1 guest in 1 booking" in text_of(page)
    assert not Blackout.objects.exists()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"place": ""}, "Choose either a product or a place."),
        ({"last": "2020-01-01"}, "The last day must be the first one or up to 365 days later."),
        ({"reason": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    days: Days, duarte: Client, values: dict[str, str], says: str
) -> None:
    page = duarte.post(ADD, filled_in(days, 10, 12, **values))

    assert page.status_code == 400
    assert says in text_of(page)


def test_it_is_lifted_on_its_page(days: Days, duarte: Client) -> None:
    page = f"/admin/blackouts/blackout/{days.black_out(10, 12)}/"

    over = Departure.objects.filter(pk=days.on(10).pk)
    over.update(starts_at=timezone.now() - timedelta(hours=2), ends_at=timezone.now())

    assert "2 departures" in text_of(duarte.get(f"{page}lift/"))
    answer = duarte.post(f"{page}lift/", follow=True)

    assert "2 departures open again." in text_of(answer)
    assert days.open_days(10, 12) == [11, 12]
    assert duarte.post(f"{page}lift/").status_code == 400


def test_who_reopens_what_is_blacked_out_reads_why_it_is_closed(days: Days) -> None:
    days.black_out(10, 11)
    days.set_open(12, is_open=False)
    rosa = logged_in()
    chosen = {"action": "reopen_many", "_selected_action": [days.on(n).pk for n in (10, 11, 12)]}
    page = reverse("admin:catalog_departure_change", args=[days.on(10).pk])

    many = rosa.post(f"{reverse('admin:catalog_departure_changelist')}?time=all", chosen)

    assert "2 blackout: The boat is on the slip, 1 closed by staff" in text_of(many)
    assert "Why closed blackout: The boat is on the slip" in text_of(rosa.get(page))
    assert "Why closed blackout: The boat is" in text_of(rosa.get(page_of(days, 10, "reopen")))


def page_of(days: Days, number: int, action: str) -> str:
    return reverse(f"admin:catalog_departure_{action}", args=[days.on(number).pk])


def test_a_product_that_moves_follows_the_blackouts_of_its_new_place(
    days: Days,
) -> None:
    rosa = logged_in()
    days.black_out(10, 12)
    days.black_out(12, 13, place="Porto")
    days.black_out(15, 15, product_id=Product.objects.get().pk, place="")
    days.set_open(15, is_open=True)

    page = reverse("admin:catalog_product_change", args=[Product.objects.get().pk])
    said = text_of(rosa.get(save(rosa, page, place="Porto").headers["Location"]))

    assert "1 departure closed by a blackout of Porto" in said
    assert "2 departures open again" in said
    assert days.open_days(9, 16) == [9, 10, 11, 14, 15, 16]
    save(rosa, page, place="")
    assert days.open_days(9, 16) == [9, 10, 11, 12, 13, 14, 15, 16]


def test_a_product_that_was_never_booked_goes_with_its_blackouts(days: Days) -> None:
    product = Product.objects.get()
    days.black_out(10, 12, product_id=product.pk, place="")

    logged_in().post(reverse("admin:catalog_product_delete", args=[product.pk]), {"post": "yes"})

    assert not Product.objects.exists()
    assert not Blackout.objects.exists()


def test_who_may_not_sees_and_changes_nothing(days: Days) -> None:
    other = logged_in("blackouts.view_blackout", username="ines")
    page = f"/admin/blackouts/blackout/{days.black_out(10, 12)}/"

    assert other.get(ADD).status_code == other.post(f"{page}lift/").status_code == 403
    assert "Add a blackout period" not in text_of(other.get("/admin/blackouts/blackout/"))
    assert days.open_days(10, 12) == []
