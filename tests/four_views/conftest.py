"""An edge process, and Django in the test process, on one database."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest
from pytest_django import DjangoDbBlocker

from tests.harness.databases import CommittedDatabase

# Pytest reads this file before the settings exist, so what needs Django is imported late.
if TYPE_CHECKING:
    from tests.four_views.business import Business


@pytest.fixture(scope="module")
def business(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator["Business"]:
    from tests.four_views.business import open_business

    log = tmp_path_factory.mktemp("four-views") / "edge.log"
    with (
        make_committed_database() as database,
        django_db_blocker.unblock(),
        open_business(database, log) as opened,
    ):
        yield opened
