"""Sidebar, deletion and empty list say in staff's words where one is and what comes next."""

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from tests.admin.staff import Desk, text_of
from tests.harness.responses import ClientResponse


def active_entries(page: ClientResponse) -> list[str]:
    sidebar = page.content.decode().partition('id="nav-sidebar"')[2].partition("<main")[0]
    links = re.findall(r'<a href="([^"]+)"[^>]*class="[^"]*\bactive\b', sidebar)
    return [link.partition("?")[0] for link in links]


@pytest.mark.parametrize(
    ("shown", "entry"),
    [
        ("/admin/", "/admin/"),
        ("/admin/resources/resource/my-week/", "/admin/resources/resource/my-week/"),
        ("/admin/resources/resource/add/", "/admin/resources/resource/"),
    ],
)
def test_one_entry_of_the_sidebar_is_the_page_shown(rosa: Client, shown: str, entry: str) -> None:
    assert active_entries(rosa.get(shown)) == [entry]


def test_a_deletion_counts_what_goes_and_lists_no_linking_rows(rosa: Client) -> None:
    group = Group.objects.create(name="Pier")
    group.permissions.set(Permission.objects.all()[:3])

    page = text_of(rosa.get(f"/admin/auth/group/{group.pk}/delete/"))

    assert "Delete group: Pier" in page
    assert "Groups: 1" in page
    assert "relationship" not in page
    assert "object (" not in page


def test_a_list_that_a_link_of_the_menu_filters_has_the_links_name(rosa: Client) -> None:
    accounts = "/admin/payments/account/"

    assert re.search(r"<h1.*?Refunds due.*?</h1>", html_of(rosa, f"{accounts}?state=refund"), re.S)
    assert "Refunds due |" in text_of(rosa.get(f"{accounts}?state=refund"))
    assert "Guest accounts |" in text_of(rosa.get(accounts))


def html_of(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_an_empty_list_says_whether_a_filter_made_it_so(rosa: Client, desk: Desk) -> None:
    assert "No bookings yet" in text_of(rosa.get("/admin/bookings/booking/"))

    filtered = text_of(rosa.get("/admin/bookings/booking/?status=CONFIRMED"))

    assert "No bookings found" in filtered
    assert "Show all bookings" in filtered
