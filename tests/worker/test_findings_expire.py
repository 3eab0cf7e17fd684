"""What was compared is forgotten after two weeks, and what is younger is kept."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from core_site.rollout.evidence_models import Difference, Noise, ParityCheck
from core_site.rollout.jobs import forget_old_findings
from core_site.rollout.models import Endpoint
from shared_domain.rollout import EVIDENCE_KEPT_FOR
from tests.rollout_commands.commanding import run_rollout

pytestmark = pytest.mark.django_db


def by_command() -> None:
    assert run_rollout("expire").stdout.startswith("deleted: 3 findings, ")


@pytest.mark.parametrize("expire", [forget_old_findings, by_command])
def test_old_findings_go_and_young_ones_stay(expire: Callable[[], object]) -> None:
    now = timezone.now()
    endpoint = Endpoint.objects.create(
        method="GET",
        path_template="/v1/x",
        path_shape="/v1/x",
        stage="django",
        stage_since=now,
        salt="s",
    )
    for at in (
        now - EVIDENCE_KEPT_FOR - timedelta(minutes=1),
        now - EVIDENCE_KEPT_FOR + timedelta(minutes=1),
    ):
        path = f"/{at.minute}"
        ParityCheck.objects.create(
            endpoint=endpoint,
            at=at,
            request_id=uuid4(),
            verdict="match",
            django_status=200,
            edge_status=200,
            django_ms=1,
            edge_ms=1,
        )
        Difference.objects.create(
            endpoint=endpoint,
            path=path,
            kind="value",
            first_at=at,
            last_at=at,
            example_request_id=uuid4(),
            example={},
        )
        Noise.objects.create(endpoint=endpoint, path=path, kind="value", learned_at=at)

    expire()

    assert ParityCheck.objects.get().at > now - EVIDENCE_KEPT_FOR
    assert Difference.objects.get().last_at > now - EVIDENCE_KEPT_FOR
    assert Noise.objects.get().learned_at > now - EVIDENCE_KEPT_FOR
