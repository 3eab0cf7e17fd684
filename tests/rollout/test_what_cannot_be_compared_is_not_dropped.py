"""Calls are dropped for lack of room; one that nothing could compare is none of them."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import pytest

from api_edge.rollout.findings_recorder import FindingsRecorder
from shared_domain.rollout.findings_sql_store import CheckRow
from shared_domain.rollout.wire import Verdict
from tests.domain.endpoints_in_memory import endpoint


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_has_a_count_of_its_own_or_none(verdict: Verdict) -> None:
    recorder, canary = FindingsRecorder(*cast(Any, [None] * 3)), endpoint("canary")
    check = CheckRow(
        endpoint_id=canary.id, at=datetime.now(UTC), partner_id=None, request_id=str(uuid4()),
        verdict=verdict, django_status=0, edge_status=0, django_ms=0.0, edge_ms=0.0,
    )  # fmt: skip

    recorder.record_check(canary, check)

    counted = asdict(recorder.counts(canary))
    assert counted.pop("dropped") == 0
    assert sum(counted.values()) == (verdict not in {Verdict.FOREIGN_DATA, Verdict.NO_DRY_RUN})
