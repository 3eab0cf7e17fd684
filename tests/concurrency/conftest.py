"""A shop whose rows other processes can see."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.concurrency.callers import Callers, calling_processes

if TYPE_CHECKING:
    from tests.harness.data import Shop


@pytest.fixture
def shop(transactional_db: None) -> Iterator["Shop"]:
    # Imported late: pytest reads this file before the settings exist.
    from core_site.partners.models import Partner
    from tests.harness.data import open_shop
    from tests.lifecycle.books import check_places
    from tests.lifecycle.money_adds_up import check_money
    from tests.lifecycle.sales_add_up import check_sales

    shop = open_shop()
    # One partner's holds fill whole departures here.
    Partner.objects.update(max_held_percent=100)
    yield shop

    # Whatever happened at the same time, the books are right in the end.
    check_places()
    check_money()
    check_sales()


@pytest.fixture
def url(transactional_db: None) -> str:
    from tests.harness.services import url_of_this_test

    return url_of_this_test()


@pytest.fixture(scope="session")
def callers() -> Iterator[Callers]:
    with calling_processes() as processes:
        yield processes
