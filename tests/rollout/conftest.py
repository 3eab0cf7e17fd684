"""One stack, shared by the tests that leave it standing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.harness.databases import CommittedDatabase
from tests.rollout.failing_stack import FailingStack, running_failing_stack
from tests.rollout.stack import OUT_OF_REACH, Stack, running_stack
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


def as_new(stack: Stack) -> Stack:
    """Return the stack, with every endpoint of both halves in ``django`` and nothing compared."""
    stack.change_all(
        "stage = 'django', percent = 0, mismatches = 0, errors = 0, is_reverse_shadowed = false,"
        " sample_percent = 100, most_mismatches = 5, most_errors = 3, guarded_calls = 0,"
        f" {OUT_OF_REACH}"
    )
    stack.wait_for_edge(
        lambda known: all(
            endpoint["stage"] == "django"
            for name, endpoint in known.items()
            if " /v1/users" in name
        )
    )
    stack.forget_findings()
    return stack


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
