"""The sidebar marks one link: that of the page which is open, or of the list it belongs to."""

import pytest
from django.test import Client


def marked(client: Client, path: str) -> list[str]:
    groups = client.get(path, follow=True).context["sidebar_navigation"]
    return [item["title"] for group in groups for item in group["items"] if item["active"]]


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/admin/", "Today"),
        ("/admin/resources/resource/my-week/", "My week"),
        ("/admin/resources/resource/add/", "Guides and boats"),
        ("/admin/payments/account/?state=refund", "Refunds due"),
        ("/admin/bookings/booking/?status=PENDING", "Bookings"),
        ("/admin/statements/partnerpayment/revenue/", "Revenue"),
        ("/admin/statements/partnerpayment/", "Statements"),
    ],
)
def test_one_link_is_marked(rosa: Client, path: str, title: str) -> None:
    assert marked(rosa, path) == [title]


def test_none_is_marked_for_a_list_that_the_menu_does_not_have(rosa: Client) -> None:
    assert marked(rosa, "/admin/payments/account/?state=due") == []
