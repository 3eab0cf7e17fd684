"""A shop, a desk, and staff users with and without the permission to see guests.

Pytest reads this file before the settings exist, so everything of Django's is imported late.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.admin.staff import Desk


@pytest.fixture
def desk(db: None) -> "Desk":
    from tests.admin.staff import Desk, open_shop

    return Desk(open_shop())


@pytest.fixture
def rosa(db: None) -> "Client":
    """The browser of a staff user who sees bookings and guests."""
    from tests.admin.staff import logged_in

    return logged_in("bookings.view_booking", "bookings.view_personal_data")


@pytest.fixture
def clerk(db: None) -> "Client":
    """The browser of a staff user who sees bookings without their guests."""
    from tests.admin.staff import logged_in

    return logged_in("bookings.view_booking", username="clerk")
