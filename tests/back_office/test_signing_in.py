"""A staff user signs in at the admin's form and sees the pages that the permissions open."""

import pytest

from tests.back_office.sign_in import PASSWORD, SignIn
from tests.harness.browser import sign_in

pytestmark = pytest.mark.browser


def test_the_sidebar_has_the_pages_of_the_role(signed_in: SignIn) -> None:
    page = signed_in("bookings.view_booking", opens_today=False)
    page.context.clear_cookies()

    sign_in(page, "ana", PASSWORD)

    sidebar = page.locator("#nav-sidebar-inner, #nav-sidebar").first
    assert sidebar.get_by_text("Bookings", exact=True).count() == 1
    assert sidebar.get_by_text("Products", exact=True).count() == 0
