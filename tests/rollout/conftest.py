"""One stack, shared by the tests that leave it standing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.harness.databases import CommittedDatabase
from tests.rollout.failing_stack import FailingStack, running_failing_stack
from tests.rollout.stack import Stack, as_new, running_stack
from tests.rollout.wrong_stack import WrongStack, running_wrong_stack


@pytest.fixture(scope="session")
def shared_stack(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    logs = tmp_path_factory.mktemp("rollout")
    # Its tests are about what is compared, not about how long a write waits for that.
    with running_stack(make_committed_database, logs, PORTICO_DRY_RUN_SECONDS="60") as stack:
        yield stack


@pytest.fixture
def stack(shared_stack: Stack) -> Stack:
    return as_new(shared_stack)


@pytest.fixture(scope="session")
def shared_failing_stack(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[FailingStack]:
    logs = tmp_path_factory.mktemp("failing")
    with running_failing_stack(make_committed_database, logs) as stack:
        yield stack


@pytest.fixture
def failing_stack(shared_failing_stack: FailingStack) -> FailingStack:
    as_new(shared_failing_stack)
    return shared_failing_stack


@pytest.fixture(scope="session")
def wrong_stack(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WrongStack]:
    """The stack of the deliberate mistakes; its tests look at their own requests only."""
    logs = tmp_path_factory.mktemp("wrong")
    with running_wrong_stack(make_committed_database, logs) as stack:
        yield stack


@pytest.fixture(autouse=True)
def nothing_is_under_way(request: pytest.FixtureRequest) -> None:
    """Wait for the slow comparisons of the test before: beside them, others may be dropped."""
    if "wrong_stack" in request.fixturenames:
        request.getfixturevalue("wrong_stack").settle()
