"""The pages of partners, products and users show what belongs to them, each by its permission."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.utils import timezone

from core_site.admin_kit.change_pages.context import PageContextMixin
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, PartnerTerms
from core_site.users.models import User
from tests.admin.staff import Desk, logged_in, page_of, text_of
from tests.at_scale.cost import open_measured
from tests.harness.data import add_departure
from tests.harness.pages import context_of

MaxQueries = Callable[[int], AbstractContextManager[object]]

PAGES = [page for page in admin.site._registry.values() if getattr(page, "panels", ())]


def panels_of(client: Client, path: str) -> dict[str, str]:
    """Return the titles of the panels with what each says."""
    page = text_of(client.get(path)).partition("Skip to the content")[2]
    titles = [panel.title for panel, _ in context_of(client, path)["panels"]]
    starts = [page.rindex(title) for title in titles]
    ends = [*starts[1:], len(page)]
    return {title: page[start:end] for title, start, end in zip(titles, starts, ends, strict=True)}


def test_a_partner(rosa: Client, desk: Desk, django_assert_max_num_queries: MaxQueries) -> None:
    confirmed, cancelled, lapsed = desk.confirmed(), desk.cancelled(), desk.lapsed()
    Departure.objects.update(local_date=timezone.localdate())
    path = f"/admin/partners/partner/{desk.shop.alice}/change/"
    rosa.get(path)

    with django_assert_max_num_queries(36):
        rosa.get(path)
    panels = panels_of(rosa, path)

    net = f"EUR {confirmed.net_minor / 100:.2f}"
    assert f"Open of the last 3 months: {net} due" in panels["Open balance"]
    assert "kayak" in panels["Sells"]
    assert "2 in EUR 1 EUR" in panels["Sales of 30 days"]
    assert "Expired 1 of 3" in panels["Bookings by status"]
    assert f"{confirmed} Confirmed" in panels["Latest bookings"]
    lost = panels["Lately refused, cancelled or not confirmed in time"]
    assert f"{cancelled} Cancelled" in lost
    assert f"{lapsed} Expired" in lost
    assert str(confirmed) not in lost


def test_a_product(rosa: Client, desk: Desk, django_assert_max_num_queries: MaxQueries) -> None:
    desk.confirmed("adult", "adult")
    path = f"/admin/catalog/product/{desk.shop.kayak.pk}/change/"
    rosa.get(path)

    with django_assert_max_num_queries(36):
        rosa.get(path)
    panels = panels_of(rosa, path)

    assert "2 of 10 Open" in panels["Next departures"]
    assert "Adult" in panels["Options"].title()
    assert "1 in EUR 0 EUR" in panels["Sales of 30 days"]


def test_a_product_with_years_behind_it_reads_what_is_ahead_alone(rosa: Client, desk: Desk) -> None:
    for days in range(1, 200):
        add_departure(desk.shop.kayak, starts_at=timezone.now() - timedelta(days=days))
    with connection.cursor() as cursor:
        # The table is small here; of a large one no scan or sort were cheaper than the index.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")

    cost, page = open_measured(rosa, f"/admin/catalog/product/{desk.shop.kayak.pk}/change/")

    assert "0 of 10" in " ".join(page.split())
    assert cost.rows < 50, cost.worst


def test_a_partners_user(rosa: Client, desk: Desk) -> None:
    own = desk.confirmed()
    user = add_user(desk)
    path = f"/admin/users/user/{user.pk}/change/"

    panels = panels_of(rosa, path)

    assert f">{user.email}</span>" in heading(rosa, path)
    assert str(own) in panels["Bookings"]
    assert "Added" in panels["Last actions"]
    without_guests = logged_in("users.view_user", "bookings.view_booking", username="ines")
    assert list(panels_of(without_guests, path)) == ["Last actions"]
    assert user.email not in heading(without_guests, path)
    assert "User of" in heading(without_guests, path)


def test_a_booking_and_its_partners_user_lead_to_each_other(rosa: Client, desk: Desk) -> None:
    user, booking = add_user(desk), desk.confirmed()
    User.objects.filter(pk=user.pk).update(email="other@example.com")
    Booking.objects.filter(pk=booking.pk).update(user_id=user.pk)
    of_user, of_booking = f"/admin/users/user/{user.pk}/change/", page_of(booking)

    assert str(booking) in panels_of(rosa, of_user)["Bookings"]
    link = f'<a href="{of_user}">'
    assert f"{link}other@example.com</a>" in rosa.get(of_booking).content.decode()
    ines = logged_in("users.view_user", "bookings.view_booking", username="ines")
    assert f"{link}{user.pk}</a>" in ines.get(of_booking).content.decode()
    otto = logged_in("bookings.view_booking", username="otto")
    shown = otto.get(of_booking).content.decode()
    assert str(user.pk) in shown
    assert link not in shown

    user.delete()

    assert "Partner's user Deleted user" in text_of(rosa.get(of_booking))


def heading(client: Client, path: str) -> str:
    return client.get(path).content.decode().partition("<h1")[2].partition("</h1>")[0]


def test_a_staff_user(rosa: Client, desk: Desk) -> None:
    terms = PartnerTerms.objects.earliest("pk")
    rosa.post(f"/admin/catalog/partnerterms/{terms.pk}/delete/", {"post": "yes"})
    user = rosa.get("/admin/").wsgi_request.user

    panels = panels_of(rosa, f"/admin/auth/user/{user.pk}/change/")

    assert str(terms) in panels["Last actions"]


def test_without_permissions_a_page_shows_its_form_alone(desk: Desk) -> None:
    desk.confirmed()
    client = logged_in("partners.view_partner", "catalog.view_product")

    for path in (
        f"/admin/partners/partner/{desk.shop.alice}/change/",
        f"/admin/catalog/product/{desk.shop.kayak.pk}/change/",
    ):
        assert context_of(client, path)["panels"] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_panel_names_its_permission(page: PageContextMixin) -> None:
    """The panels of a booking belong to the booking, whose page has the permission."""
    if page.model is not Booking:
        assert [panel.name for panel in page.panels if not panel.permissions] == []


def add_user(desk: Desk) -> User:
    now = timezone.now()
    return User.objects.create(
        id=uuid4(), partner_id=desk.shop.alice, test_mode=False, email="clara@example.com", age=40,
        created_at=now, updated_at=now,
    )  # fmt: skip
