"""A shop in committed rows for the whole file, and the two databases to tell stories on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.harness.data import Shop
    from tests.stores.both import Teller


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: Any) -> Iterator["Shop"]:
    # Imported late: pytest reads this file before the settings exist.
    from tests.harness.data import open_shop
    from tests.harness.emptying import empty_tables

    with django_db_blocker.unblock():
        yield open_shop()
        empty_tables()


@pytest.fixture(params=["on_djangos_connection", "on_async_psycopg"])
def tell(request: pytest.FixtureRequest, shop: "Shop", db: None) -> "Teller":
    """Tell a story on one database, then on the other."""
    from tests.stores import both

    teller: Teller = getattr(both, request.param)
    return teller
