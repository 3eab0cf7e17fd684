"""A fresh demo passes a certification run, with its live and its test key.

The long form lets several follow one another: the demo has places for all.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest

from tests.harness.clients import OctoClient
from tests.harness.databases import DemoDatabase
from tests.harness.servers import running_bare_edge
from tests.octo.certifying import PARTIES, Certification

#: What each of three runs in a row asks for; the public validator knows both ways.
IN_A_ROW = ("octo/pricing", "", "octo/pricing")


@pytest.fixture(scope="module")
def demo(
    make_demo_database: Callable[[], AbstractContextManager[DemoDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Any]]:
    """A fresh demo behind an edge: what ``load_demo`` says of it, its database and the port."""
    log = tmp_path_factory.mktemp("demo") / "edge.log"
    with make_demo_database() as demo, running_bare_edge(demo.database, log) as port:
        yield demo.loaded | {"port": port, "database": demo.database}


def test_a_run_passes(demo: dict[str, Any]) -> None:
    run = Certification(OctoClient(demo["port"], demo["api_key"]), "octo/pricing", is_checked=True)

    assert run.run() == 2 * sum(PARTIES)


@pytest.mark.long
@pytest.mark.parametrize("key", ["api_key", "api_test_key"])
def test_three_more_runs_in_a_row_pass(demo: dict[str, Any], key: str) -> None:
    partner = OctoClient(demo["port"], demo[key])

    for capabilities in IN_A_ROW:
        run = Certification(partner, capabilities, is_checked=False)
        assert run.run() == 2 * sum(PARTIES)


def test_a_test_key_does_not_depend_on_the_days_sales(demo: dict[str, Any]) -> None:
    with psycopg.connect(demo["database"].owner_url) as owner:
        owner.execute(
            "UPDATE catalog_departure SET reserved = capacity WHERE capacity IS NOT NULL"
            " AND id NOT IN (SELECT departure_id FROM resources_assignment)"
        )

    tester, each_step_once = OctoClient(demo["port"], demo["api_test_key"]), PARTIES[:5]
    run = Certification(tester, "", is_checked=False, parties=each_step_once)

    assert run.run() == 2 * sum(each_step_once)
