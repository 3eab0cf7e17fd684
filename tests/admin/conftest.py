"""A shop, a desk and a staff user with every permission.

Pytest reads this file before the settings exist, so everything of Django's is imported late.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.admin.staff import Desk
    from tests.harness.data import Shop


@pytest.fixture
def shop(db: None) -> "Shop":
    from tests.admin.staff import open_shop

    return open_shop()


@pytest.fixture
def desk(shop: "Shop") -> "Desk":
    from tests.admin.staff import Desk

    return Desk(shop)


@pytest.fixture
def rosa(db: None) -> "Client":
    """The browser of a staff user who may do everything."""
    from tests.admin.staff import logged_in

    return logged_in()
