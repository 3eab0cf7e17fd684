"""The chart shows parity and the latency of both sides by the hour, and reads itself aloud."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from core_site.rollout.admin_board.audit import AuditEntry
from core_site.rollout.admin_board.chart import LATENCY_BOTTOM, PARITY_TOP, Chart, chart_of
from core_site.rollout.admin_board.hourly_stats import HourlyStats, hourly_stats
from shared_domain.rollout import Stage
from tests.admin.moving import USERS, compared, had_calls, move, page_of, register, row_of

UNTIL = datetime(2026, 7, 1, 12, tzinfo=UTC)
SINCE = UNTIL - timedelta(hours=48)

SVG = "{http://www.w3.org/2000/svg}"


def hour(
    ago: int, *, matched: int = 10, mismatched: int = 0, edge_ms: float | None = 2
) -> HourlyStats:
    return HourlyStats(
        at=UNTIL - timedelta(hours=ago),
        calls=20,
        matched=matched,
        mismatched=mismatched,
        edge_ms=edge_ms,
        django_ms=20,
    )


def drawn(
    *hours: HourlyStats, changes: tuple[AuditEntry, ...] = (), is_misconfigured: bool = False
) -> Chart:
    return chart_of(hours, changes, since=SINCE, until=UNTIL, is_misconfigured=is_misconfigured)


def svg_of(chart: Chart) -> ElementTree.Element:
    text = render_to_string("endpoints/chart.html", {"chart": chart})
    return ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))


def test_hours_that_follow_each_other_are_one_line_and_a_gap_stays_a_gap() -> None:
    chart = drawn(hour(9), hour(8), hour(7), hour(4), hour(3), hour(1))

    assert [len(run.split()) for run in chart.parity.runs] == [3, 2]
    assert len(chart.parity.dots) == 1


def test_a_side_without_calls_is_not_drawn_as_zero() -> None:
    chart = drawn(hour(3), hour(2, edge_ms=None), hour(1))

    assert (chart.edge.runs, len(chart.edge.dots)) == ((), 2)
    assert len(chart.django.runs) == 1


def test_full_parity_is_at_the_top_and_every_hour_that_differed_is_marked() -> None:
    chart = drawn(hour(3), hour(2, matched=9, mismatched=1), hour(1))

    heights = [float(point.split(",")[1]) for point in chart.parity.runs[0].split()]
    assert heights[0] == heights[2] == PARITY_TOP < heights[1]
    assert [y for _, y in chart.differing] == [heights[1]]


@pytest.mark.parametrize(
    ("mismatched", "floor"), [(0, "99 %"), (5, "99 %"), (11, "90 %"), (400, "50 %"), (1000, "0 %")]
)
def test_the_axis_leaves_room_for_the_lowest_hour(mismatched: int, floor: str) -> None:
    chart = drawn(hour(1, matched=1000 - mismatched, mismatched=mismatched))

    assert chart.parity_ticks[0].label == floor


@pytest.mark.parametrize(
    ("edge_ms", "most"), [(2, "20 ms"), (45, "50 ms"), (99, "100 ms"), (1200, "2000 ms")]
)
def test_the_latency_axis_has_round_labels_from_zero(edge_ms: float, most: str) -> None:
    chart = drawn(hour(1, edge_ms=edge_ms))

    assert [chart.latency_ticks[0].label, chart.latency_ticks[-1].label] == ["0 ms", most]
    assert chart.latency_ticks[0].at == LATENCY_BOTTOM


def test_a_misdirected_endpoint_has_no_parity_line() -> None:
    chart = drawn(hour(2, matched=0, mismatched=10), hour(1), is_misconfigured=True)

    assert chart.parity.runs == chart.parity.dots == chart.differing == chart.parity_ticks == ()
    assert "Parity is left out: the comparisons are misconfigured." in chart.description
    assert len(chart.django.runs) == 1


def test_changes_of_the_stage_are_marked_and_pins_are_not() -> None:
    def changed(to_stage: str, *, actor: str, ago: int) -> AuditEntry:
        return AuditEntry(
            at=UNTIL - timedelta(hours=ago),
            actor=actor,
            from_stage="shadow",
            to_stage=to_stage,
            reason="why",
            is_forced=False,
        )

    chart = drawn(
        hour(1),
        changes=(
            changed("canary 5 %", actor="rosa", ago=9),
            changed("django", actor="budget", ago=5),
            changed("shadow", actor="rosa", ago=4),
            changed("edge", actor="rosa", ago=90),
        ),
    )

    assert [mark.is_automatic for mark in chart.marks] == [False, True]
    assert "shadow to canary 5 % by rosa, why" in chart.marks[0].title


def test_it_is_read_aloud_and_every_hour_tells_its_figures() -> None:
    drawing = svg_of(drawn(hour(2, matched=9, mismatched=1), hour(1)))

    assert drawing.get("role") == "img"
    title, description = drawing.find(f"{SVG}title"), drawing.find(f"{SVG}desc")
    assert f"{title.get('id')} {description.get('id')}" == drawing.get("aria-labelledby")
    assert title.text == "Parity and latency from 2026-06-29 12:00 to 2026-07-01 12:00 UTC"
    assert "Parity between 90 % and 100 %, 100 % at last." in description.text
    assert "Django took 20.0 to 20.0 ms" in description.text
    told = [it.find(f"{SVG}title").text for it in drawing.iter(f"{SVG}rect")]
    assert told[0] == (
        "2026-07-01 10:00 UTC: 20 calls, 9 of 10 comparisons agreed, edge 2.0 ms, Django 20.0 ms"
    )


def test_without_calls_it_says_so() -> None:
    drawing = svg_of(drawn())

    assert drawing.find(f"{SVG}desc").text == "No calls in this time."
    assert {"no calls", "nothing compared"} <= {it.text for it in drawing.iter(f"{SVG}text")}


def test_nothing_is_fetched_from_elsewhere() -> None:
    text = render_to_string("endpoints/chart.html", {"chart": drawn(hour(1))})

    assert "http" not in text


def test_hours_come_from_the_roll_up_and_what_was_only_compared_from_the_comparisons(
    db: None,
) -> None:
    register()
    move(USERS, Stage.SHADOW)
    started = timezone.now().replace(minute=0, second=0, microsecond=0)
    had_calls(USERS, django_calls=10, django_ms=300, matched=4)
    compared(USERS, 4, at=started)
    had_calls(USERS, ago=timedelta(hours=20), django_calls=10, django_ms=400)
    had_calls(USERS, ago=timedelta(hours=90), django_calls=10, django_ms=400)

    earlier, now = hourly_stats(row_of(USERS).pk, since=timezone.now() - timedelta(hours=48))

    assert (earlier.django_ms, earlier.edge_ms, earlier.parity_percent) == (40, None, None)
    assert (now.django_ms, now.edge_ms, now.parity_percent) == (30, 2, 100)


def test_the_page_of_an_endpoint_holds_it(rosa: Client) -> None:
    register()
    had_calls(USERS, django_calls=10, django_ms=300)

    page = rosa.get(page_of(USERS)).content.decode()

    assert '<svg class="ep-chart"' in page
    assert "Django took 30.0 to 30.0 ms" in page
