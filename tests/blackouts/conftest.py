"""Generated days, and the staff user who may black them out."""

from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from tests.blackouts.days import Days


@pytest.fixture
def days(db: None) -> "Days":
    from tests.blackouts.days import Days

    return Days.generate()


@pytest.fixture
def duarte(db: None) -> Client:
    from tests.admin.staff import logged_in
    from tests.blackouts.test_staff_black_days_out import MAY

    return logged_in(*MAY, username="rosa")
