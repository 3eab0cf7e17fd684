"""Answers are kept for 30 days, in a partition for each day, and bare records for one day."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from core_site.idempotency import jobs, purge
from core_site.idempotency.models import IdempotencyRecord
from shared_domain.idempotency import COMMITS_KEPT_FOR, KEPT_FOR
from shared_domain.idempotency.record_ids import id_with_key, id_without_key

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT right(inhrelid::regclass::text, 8) FROM pg_inherits"
            " WHERE inhparent = 'idempotency_record'::regclass"
        )
        return {name for (name,) in cursor.fetchall() if name.isdigit()}


def partition_of(record_id: UUID) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM idempotency_record WHERE id = %s", [record_id]
        )
        ((name,),) = cursor.fetchall()
        return str(name)


def named(day: datetime) -> str:
    return f"{day:%Y%m%d}"


def new_record(record_id: UUID, age: timedelta, *, has_key: bool = False) -> UUID:
    """Insert a record of this age; ``id_with_key`` says by its id that it is of today."""
    call = {}
    if has_key:
        call = {
            "key_digest": record_id.bytes * 2,
            "fingerprint": {"method": "0"},
            "partner_id": 1,
            "test_mode": False,
            "status": 200,
        }
    created_at = datetime.now(UTC) - age
    IdempotencyRecord.objects.create(id=record_id, created_at=created_at, **call)
    return record_id


def test_each_kind_lies_in_its_partition() -> None:
    today = named(datetime.now(UTC))

    assert partition_of(new_record(id_without_key(), DAY)) == "idempotency_record_commit"
    assert partition_of(new_record(id_with_key(), DAY)) == f"idempotency_record_{today}"


def test_bare_records_go_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "BATCH", 2)
    for minutes in range(1, 6):
        new_record(id_without_key(), COMMITS_KEPT_FOR + timedelta(minutes=minutes))
    young = new_record(id_without_key(), COMMITS_KEPT_FOR - timedelta(minutes=1))

    jobs.purge_idempotency_records()

    assert [record.id for record in IdempotencyRecord.objects.all()] == [young]


def test_partitions_are_made_a_week_ahead_and_dropped_after_thirty_days() -> None:
    today = datetime.now(UTC)
    expired, last = today - KEPT_FOR - 2 * DAY, today - KEPT_FOR
    with connection.cursor() as cursor:
        for day in (expired, last):
            cursor.execute(
                f"CREATE TABLE idempotency_record_{named(day)} PARTITION OF idempotency_record"
                " FOR VALUES FROM (idempotency_first_id(%(day)s::date))"
                " TO (idempotency_first_id(%(day)s::date + 1))",
                {"day": day.date()},
            )

    jobs.purge_idempotency_records()

    assert partitions() == {named(last)} | {named(today + n * DAY) for n in range(8)}


def test_a_day_without_a_partition_loses_nothing() -> None:
    """The worker was away for longer than a week: calls go to the partition of strays."""
    today = named(datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE idempotency_record_{today}")
    call = new_record(id_with_key(), KEPT_FOR - timedelta(hours=1), has_key=True)
    expired = new_record(id_with_key(), KEPT_FOR + timedelta(hours=1), has_key=True)

    jobs.purge_idempotency_records()

    assert partition_of(call) == "idempotency_record_default"
    assert not IdempotencyRecord.objects.filter(id=expired).exists()
    assert today not in partitions()
    assert named(datetime.now(UTC) + 7 * DAY) in partitions()
