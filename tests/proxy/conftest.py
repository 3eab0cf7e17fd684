"""One recording upstream with one edge before it, shared by the tests that harm neither."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.servers import Server, running_edge, running_recorder


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proxy")


@pytest.fixture(scope="session")
def upstream(logs: Path) -> Iterator[Server]:
    with running_recorder(logs / "upstream.log") as upstream:
        yield upstream


@pytest.fixture(scope="session")
def edge(upstream: Server, logs: Path) -> Iterator[Server]:
    with running_edge(
        f"http://127.0.0.1:{upstream.port}",
        logs / "edge.log",
    ) as edge:
        yield edge
