"""The admin page of one endpoint: its document, chart, differences, comparisons and history."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from core_site.rollout.admin_board.chart import AN_HOUR, build_chart, hourly_stats
from core_site.rollout.documents.endpoint import load_document
from core_site.rollout.documents.facts import (
    WHO_ANSWERS,
    describe_example,
    evidence_facts,
    stage_facts,
)
from core_site.rollout.evidence_models import BuildDifference
from core_site.rollout.metrics import current_noise, running_builds
from core_site.rollout.models import Endpoint as EndpointRow
from shared_domain.quantities import format_quantity
from shared_domain.rollout import Endpoint, ParityStats

Row = TypeVar("Row", bound=Model)

#: How far the chart looks back, by its name in the address.
SPANS = {"48h": ("48 hours", timedelta(hours=48)), "14d": ("14 days", timedelta(days=14))}

DIFFERENCES_SHOWN = 100
CHANGES_SHOWN = 100
COMPARISONS_SHOWN = 10


def build_page(row: EndpointRow, *, span: str, now: datetime) -> dict[str, Any]:
    """Return what the template ``rollout/endpoint.html`` shows of one endpoint."""
    document = load_document((row.method, row.path_template), now=now)
    endpoint, seen = document.endpoint, document.evidence.stats
    changes, changes_total = _load_first(row.changes.all(), CHANGES_SHOWN)
    chosen = span if span in SPANS else next(iter(SPANS))
    # The hours are stored in UTC; those of another zone may begin at half past, and repeat.
    until = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + AN_HOUR
    since = until - SPANS[chosen][1]
    of_running_builds = BuildDifference.objects.filter(
        difference__endpoint=row, build__in=running_builds(now=now)
    ).select_related("difference")
    differences, differences_total = _load_first(of_running_builds, DIFFERENCES_SHOWN)
    return {
        "document": document,
        "who_answers": WHO_ANSWERS[endpoint.stage],
        "stage_facts": stage_facts(document),
        "evidence_facts": evidence_facts(document),
        "alarms": list(_alarms(endpoint, seen)),
        "chart": build_chart(
            hourly_stats(row.pk, since=since),
            changes,
            since=since,
            until=until,
            is_misconfigured=seen.is_misconfigured,
        ),
        "spans": [
            {"name": name, "title": title, "is_chosen": name == chosen}
            for name, (title, _) in SPANS.items()
        ],
        # Each difference with the redacted value of each half.
        "differences": [(found, describe_example(found.example)) for found in differences],
        "differences_total": differences_total,
        "comparisons": row.checks.all()[:COMPARISONS_SHOWN],
        "noise": current_noise(row.pk, now=now),
        "changes": changes,
        "changes_total": changes_total,
    }


def _load_first(rows: QuerySet[Row], most: int) -> tuple[list[Row], int]:
    """Return the first rows, ``most`` at most, and how many there are in all."""
    first = list(rows[:most])
    return first, rows.count() if len(first) == most else len(first)


def _alarms(endpoint: Endpoint, seen: ParityStats) -> Iterable[str]:
    """Return what a staff user must look at now."""
    if endpoint.retired_calls:
        yield (
            f"{format_quantity(endpoint.retired_calls, 'call')} reached Django's view although it "
            "is retired: something does not go through the edge."
        )
    if seen.is_misconfigured:
        yield (
            f"Misconfigured: none of the {seen.compared} comparisons says anything about parity, "
            "because the edge and Django do not see the same thing at all."
        )
    if endpoint.stage.needs_edge and not endpoint.is_on_edge:
        yield f"The edge no longer has it, though the stage is {endpoint.stage}."
    if endpoint.stage.needs_django and not endpoint.is_on_django:
        yield f"Django no longer has it, though the stage is {endpoint.stage}."
    if seen.self_test_passed is False:
        yield "The self-test injected a difference, and it was not found."
