"""One person of whom something is stored wherever it can be."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core_site.bookings.models import Booking
    from tests.admin.staff import Desk


@pytest.fixture
def desk(db: None) -> "Desk":
    from tests.admin.staff import Desk, open_shop

    return Desk(open_shop())


@pytest.fixture
def everywhere(desk: "Desk") -> "Booking":
    from tests.persons.one_person import store_everywhere

    return store_everywhere(desk)
