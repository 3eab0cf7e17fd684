"""One house, shared by the tests that leave it standing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.databases import CommittedDatabase
from tests.moving.house import House, open_house


@pytest.fixture(scope="session")
def standing_house(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    logs = tmp_path_factory.mktemp("moving")
    with open_house(make_committed_database, logs) as house:
        yield house


@pytest.fixture
def house(standing_house: House) -> House:
    """The house, with every endpoint of both halves in stage ``django`` and nothing compared."""
    standing_house.owner.execute(
        "UPDATE endpoints_endpoint SET stage = 'django', percent = 0, mismatches = 0, errors = 0,"
        " is_reverse_shadowed = false, sample_percent = 100 WHERE is_on_site"
    )
    standing_house.forget_findings()
    return standing_house
