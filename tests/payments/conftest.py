"""A shop whose first partner is the supplier itself, and staff of the desk and of finance.

Pytest reads this file before the settings exist, so everything of Django's is imported late.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.admin.staff import Desk
    from tests.harness.data import Shop

SEES = ("bookings.view_booking", "payments.view_entry", "payments.view_account")


@pytest.fixture
def shop(db: None) -> "Shop":
    from tests.payments.ledgers import open_direct_shop

    return open_direct_shop()


@pytest.fixture
def desk(shop: "Shop") -> "Desk":
    from tests.admin.staff import Desk

    return Desk(shop)


@pytest.fixture
def finance(db: None) -> "Client":
    """The browser of a staff user who may record everything."""
    from tests.admin.staff import logged_in

    return logged_in(*SEES, "payments.add_entry", "payments.refund_entry", username="ines")


@pytest.fixture
def reception(db: None) -> "Client":
    """The browser of a staff user who may take money, and not give it back."""
    from tests.admin.staff import logged_in

    return logged_in(*SEES, "payments.add_entry", username="duarte")


@pytest.fixture
def rosa(db: None) -> "Client":
    """The browser of a staff user who may do everything."""
    from tests.admin.staff import logged_in

    return logged_in()
