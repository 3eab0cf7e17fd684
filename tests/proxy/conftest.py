"""One recording site with one door before it, shared by the tests that harm neither."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.servers import Running, running_door, running_recorder


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("front_door")


@pytest.fixture(scope="session")
def site(logs: Path) -> Iterator[Running]:
    with running_recorder(logs / "site.log") as site:
        yield site


@pytest.fixture(scope="session")
def door(site: Running, logs: Path) -> Iterator[Running]:
    with running_door(
        f"http://127.0.0.1:{site.port}",
        logs / "door.log",
    ) as door:
        yield door
