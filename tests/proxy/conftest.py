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


@pytest.fixture(scope="session")
def small_edge(upstream: Server, logs: Path) -> Iterator[Server]:
    """An edge that believes the proxies of this machine, and takes the upstream for a small one.

    It has two threads, and one caller may have one of them.
    """
    with running_edge(
        f"http://127.0.0.1:{upstream.port}",
        logs / "small.log",
        PORTICO_DJANGO_THREADS="2",
        PORTICO_DJANGO_SHARE_PERCENT="50",
        PORTICO_DJANGO_WAIT_SECONDS="1.5",
        PORTICO_LARGEST_BODY_MEGABYTES="8",
        PORTICO_LARGEST_LEAD_MEGABYTES="4",
        PORTICO_SPOOL_MEGABYTES="24",
        # Callers of other addresses are written into X-Forwarded-For.
        PORTICO_TRUSTED_PROXIES="10.0.0.0/8, 127.0.0.1",
    ) as edge:
        yield edge
