"""One small Portico's data folder, shared by the tests that start and stop it again and again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.deploy_up import reachable_folder


@pytest.fixture(scope="session")
def small_data() -> Iterator[Path]:
    """A data folder for ``SMALL``; the first start fills it, which takes most of a start's time."""
    with reachable_folder() as folder:
        yield folder / "data"
