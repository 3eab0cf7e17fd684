"""One house, shared by the tests that leave it standing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.harness.databases import CommittedDatabase
from tests.rollout.failing_house import FailingHouse, open_failing_house
from tests.rollout.house import OUT_OF_REACH, House, open_house
from tests.rollout.wrong_house import WrongHouse, open_wrong_house


@pytest.fixture(scope="session")
def standing_house(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    logs = tmp_path_factory.mktemp("rollout")
    # Its tests are about what is compared, not about how long a write waits for that.
    with open_house(make_committed_database, logs, PORTICO_REHEARSAL_SECONDS="60") as house:
        yield house


@pytest.fixture
def house(standing_house: House) -> House:
    return as_new(standing_house)


def as_new(house: House) -> House:
    """Return the house, with every endpoint of both halves in ``django`` and nothing compared."""
    house.change_all(
        "stage = 'django', percent = 0, mismatches = 0, errors = 0, is_reverse_shadowed = false,"
        " sample_percent = 100, most_mismatches = 5, most_errors = 3, guarded_calls = 0,"
        f" {OUT_OF_REACH}"
    )
    house.wait_for_the_door(
        lambda known: all(
            endpoint["stage"] == "django"
            for name, endpoint in known.items()
            if " /v1/users" in name
        )
    )
    house.forget_findings()
    return house


@pytest.fixture(scope="session")
def standing_failing_house(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[FailingHouse]:
    logs = tmp_path_factory.mktemp("failing")
    with open_failing_house(make_committed_database, logs) as house:
        yield house


@pytest.fixture
def failing_house(standing_failing_house: FailingHouse) -> FailingHouse:
    as_new(standing_failing_house)
    return standing_failing_house


@pytest.fixture(scope="session")
def wrong_house(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WrongHouse]:
    """The house of the deliberate mistakes; its tests look at their own requests only."""
    logs = tmp_path_factory.mktemp("wrong")
    with open_wrong_house(make_committed_database, logs) as house:
        yield house
