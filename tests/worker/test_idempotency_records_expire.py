"""Idempotency records are purged after a day, and what is younger is kept."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from core_site.idempotency import jobs, purge
from core_site.idempotency.models import IdempotencyRecord
from shared_domain.idempotency import KEPT_FOR

pytestmark = pytest.mark.django_db


def test_old_records_go_and_young_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "BATCH", 2)
    now = timezone.now()
    ages = [KEPT_FOR + timedelta(minutes=minutes) for minutes in (1, 2, 3, 4, 5)]
    young = [timedelta(0), KEPT_FOR - timedelta(minutes=1)]
    IdempotencyRecord.objects.bulk_create(
        IdempotencyRecord(id=uuid4(), created_at=now - age) for age in ages + young
    )

    jobs.purge_idempotency_records()

    kept = IdempotencyRecord.objects.values_list("created_at", flat=True)
    assert sorted(kept) == sorted(now - age for age in young)
