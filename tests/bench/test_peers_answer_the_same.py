"""The peers of deploy/bench answer what the edge answers, and store the same rows.

``deploy/bench`` itself compares them before it measures anything, so this is a long form.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import cases, same_answers, servers
from tests.bench.cases import NATIVE, Request
from tests.bench.servers import NAMES, NGINX, Server
from tests.databases import CommittedDatabase, manage


@pytest.fixture(scope="module")
def database(make_committed_database) -> Iterator[CommittedDatabase]:
    with make_committed_database() as database:
        yield database


@pytest.fixture(scope="module")
def requests(database: CommittedDatabase) -> dict[str, list[Request]]:
    printed = manage("load_demo", "--json", "--bookings=400", environment=database.environment)
    return cases.prepare(database.owner_url, json.loads(printed.splitlines()[-1])["api_key"])


@pytest.fixture(scope="module")
def running(
    database: CommittedDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Server]]:
    folder: Path = tmp_path_factory.mktemp("servers")
    # nginx only passes on: see test_passing_through.py.
    names = [name for name in NAMES if name != NGINX]
    with servers.running(names, database, folder) as running:
        yield running


@pytest.mark.long
@pytest.mark.parametrize("case", NATIVE)
def test_every_peer(
    case: str,
    requests: dict[str, list[Request]],
    running: dict[str, Server],
    database: CommittedDatabase,
) -> None:
    some = {case: requests[case][:30]}

    compared = same_answers.check(running, some, database.owner_url)

    assert compared == len(running) * len(some[case]) > len(running)


def test_a_difference_is_told_with_its_place() -> None:
    one = {"id": "1", "unitItems": [{"pricing": {"net": 100}, "status": "ON_HOLD"}]}
    other = {"id": "1", "unitItems": [{"pricing": {"net": 100.0}, "status": "ON_HOLD"}]}

    assert list(same_answers.differences(one, one)) == []
    assert list(same_answers.differences(one, other)) == [
        "/unitItems/0/pricing/net is 100 and 100.0"
    ]
    assert list(same_answers.differences(one, {"id": "1"})) == ["/unitItems is only in one"]
