"""A start of ``deploy/up`` prepares its database again when the code or the database differs."""

from pathlib import Path

import psycopg
import pytest

from deploy import preparation_stamp
from deploy.preparation_stamp import make_stamp
from tests.harness.databases import CommittedDatabase


def test_every_change_gives_another_stamp(committed_database: CommittedDatabase) -> None:
    url = committed_database.owner_url
    stamps = [make_stamp(url, options=[]), make_stamp(url, options=["another password"])]
    assert make_stamp(url, options=[]) == stamps[0]

    with psycopg.connect(url, autocommit=True) as connection:
        for change in changes(connection):
            connection.execute(change)
            stamps.append(make_stamp(url, options=[]))

    assert None not in stamps
    assert len(set(stamps)) == len(stamps)


def test_partitions_that_the_worker_makes_and_drops_change_nothing(
    committed_database: CommittedDatabase,
) -> None:
    url = committed_database.owner_url
    before = make_stamp(url, options=[])

    with psycopg.connect(url, autocommit=True) as connection:
        for change in (
            "SELECT idempotency_make_partitions(9)",
            "SELECT idempotency_drop_partition('-2 days')",
        ):
            made_or_dropped = connection.execute(change).fetchone()
            assert made_or_dropped
            assert made_or_dropped[0] > 0
            assert make_stamp(url, options=[]) == before


def changes(connection: psycopg.Connection) -> list[str]:
    """Return statements of which each changes what preparing the database would have made."""
    [(index,)] = connection.execute(
        "SELECT indexrelid::regclass FROM pg_index"
        " WHERE indrelid = 'bookings_booking'::regclass AND NOT indisunique LIMIT 1"
    )
    return [
        "DELETE FROM django_migrations WHERE app = 'sessions'",
        "ALTER TABLE bookings_booking DISABLE TRIGGER ALL",
        "GRANT SELECT ON catalog_product TO PUBLIC",
        "ALTER TABLE catalog_product ADD COLUMN by_hand integer",
        f"DROP INDEX {index}",
    ]


def test_other_code_gives_another_stamp(
    committed_database: CommittedDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation_stamp, "ROOT", tmp_path)
    monkeypatch.setattr(preparation_stamp, "CODE", ("app",))
    monkeypatch.setattr(preparation_stamp, "LOCK", tmp_path / "uv.lock")
    (tmp_path / "uv.lock").touch()
    (tmp_path / "app" / "migrations").mkdir(parents=True)
    before = make_stamp(committed_database.owner_url, options=[])

    (tmp_path / "app" / "migrations" / "0001_initial.py").touch()

    assert make_stamp(committed_database.owner_url, options=[]) != before
