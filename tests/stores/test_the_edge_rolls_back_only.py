"""The edge's role may take an endpoint back, as a spent budget does, and never forward."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, LiteralString, cast

import psycopg
import pytest

from shared_domain.rollout import BUDGET_ACTOR
from tests.harness.databases import CommittedDatabase

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def database(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[CommittedDatabase]:
    with make_committed_database() as made:
        yield made


@pytest.fixture
def django(database: CommittedDatabase) -> Iterator[Connection]:
    with psycopg.connect(database.django_url, autocommit=True) as connection:
        yield connection
        connection.execute("DELETE FROM endpoints_endpoint")


@pytest.fixture
def edge(database: CommittedDatabase) -> Iterator[Connection]:
    with psycopg.connect(database.edge_url, autocommit=True) as connection:
        yield connection


INSERT = """
    INSERT INTO endpoints_endpoint
           (method, path_template, path_shape, is_on_edge, is_on_site, stage, stage_since, percent,
            salt, sample_percent, is_reverse_shadowed, most_mismatches, most_errors,
            most_latency_ratio, mismatches, errors, retired_calls)
    VALUES ('GET', %(template)s, %(shape)s, true, %(is_on_site)s, %(stage)s, now(), %(percent)s,
            'salt', 100, false, 5, 3, 3, 0, 0, 0)
"""
ROW = {"template": "/v1/{id}", "shape": "/v1/{}", "is_on_site": True, "stage": "edge", "percent": 0}


def is_refused(role: Connection, statement: str, values: dict[str, object]) -> bool:
    try:
        with role.transaction(force_rollback=True):
            role.execute(cast(LiteralString, statement), values)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def put(django: Connection, stage: str) -> None:
    """Put the one endpoint into a stage, as staff may."""
    percent = 50 if stage == "canary" else 0
    django.execute("DELETE FROM endpoints_endpoint")
    django.execute(INSERT, ROW | {"stage": stage, "percent": percent})


@pytest.mark.parametrize(
    ("stage", "back"),
    [
        ("django", set()),
        ("shadow", {"django"}),
        ("canary", {"django", "shadow"}),
        ("edge", {"django", "shadow"}),
        ("retired", set()),
    ],
)
def test_the_edge_moves_an_endpoint_back_and_not_forward(
    stage: str, back: set[str], django: Connection, edge: Connection
) -> None:
    put(django, stage)

    moved = {
        other
        for other in {"django", "shadow", "edge", "retired"} - {stage}
        if not is_refused(
            edge, "UPDATE endpoints_endpoint SET stage = %(stage)s, percent = 0", {"stage": other}
        )
    }

    assert moved == back


@pytest.mark.parametrize(
    "setting",
    [
        "percent = 51",
        "percent = 100, stage_since = now()",
        "sample_percent = 0",
        "is_reverse_shadowed = true",
        "most_mismatches = 1000000",
        "most_timeout_percent = 100",
        "path_template = '/v1/{id}/other'",
    ],
)
def test_the_edge_loosens_nothing(setting: str, django: Connection, edge: Connection) -> None:
    put(django, "canary")

    assert is_refused(edge, f"UPDATE endpoints_endpoint SET {setting}", {})


def test_the_edge_counts_what_it_has_cost(django: Connection, edge: Connection) -> None:
    put(django, "canary")

    edge.execute(
        "UPDATE endpoints_endpoint"
        "   SET mismatches = 4, errors = 2, percent = 10, retired_calls = 1,"
        "       site_called_at = now(), self_test_at = now(), self_test_passed = false"
    )


@pytest.mark.parametrize(
    "row",
    [
        {"stage": "retired"},
        {"stage": "canary", "percent": 100},
        {"is_on_site": True},
        {"shape": "/v1/{}/beside"},
    ],
    ids=str,
)
def test_the_edge_registers_what_only_it_has(
    row: dict[str, object], django: Connection, edge: Connection
) -> None:
    own = ROW | {"is_on_site": False}

    assert is_refused(edge, INSERT, own | row)
    assert not is_refused(edge, INSERT, own)


RECORD = """
    INSERT INTO endpoints_stagechange
           (endpoint_id, at, actor, from_stage, from_percent, to_stage, to_percent, reason,
            is_forced)
    SELECT id, now(), %(actor)s, %(from)s, 0, %(to)s, 0, 'spent', false FROM endpoints_endpoint
"""


def test_the_edge_records_a_step_back_by_itself_and_never_for_staff(
    django: Connection, edge: Connection
) -> None:
    put(django, "shadow")
    step = {"from": "edge", "to": "shadow"}

    assert is_refused(edge, RECORD, step | {"actor": "ada"})
    assert not is_refused(edge, RECORD, step | {"actor": BUDGET_ACTOR})


@pytest.mark.parametrize(
    ("from_stage", "to_stage"), [("django", "edge"), ("edge", "shadow"), ("shadow", "canary")]
)
def test_the_edge_cannot_pretend_that_a_stage_was_decided(
    from_stage: str, to_stage: str, django: Connection, edge: Connection
) -> None:
    """A Django that registers later leaves a stage alone which the log says was decided."""
    put(django, "edge")

    assert is_refused(edge, RECORD, {"actor": BUDGET_ACTOR, "from": from_stage, "to": to_stage})
