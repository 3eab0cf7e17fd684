"""The page of an endpoint says what was seen, what differed, what is ignored and who did what."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.rollout.admin_board import endpoint_page
from core_site.rollout.evidence_models import (
    BuildDifference,
    BuildNoise,
    Difference,
    GuardedClass,
    Noise,
)
from core_site.rollout.models import Endpoint
from shared_domain import rollout
from shared_domain.rollout import Stage
from shared_domain.run_now import run_now
from tests.admin.endpoint_data import (
    PRODUCTS,
    STATEMENTS,
    USERS,
    compared,
    move,
    page_of,
    proven,
    register,
    row_of,
    self_test,
    the_build,
)
from tests.admin.staff import text_of


@pytest.fixture(autouse=True)
def _registered(db: None) -> None:
    register()


def differ(path: str, count: int, **values: Any) -> BuildDifference:
    now = timezone.now()
    sides = {"django": {"type": "number", "value": 200}, "edge": {"type": "absent"}}
    found = {
        "count": count,
        "first_at": now,
        "last_at": now,
        "example_request_id": uuid4(),
        "example": {"path": path, "kind": "value"} | sides,
    } | values
    place = Difference.objects.create(endpoint=row_of(USERS), path=path, kind="value", **found)
    return BuildDifference.objects.create(difference=place, build=the_build(), **found)


def change(**columns: Any) -> None:
    Endpoint.objects.filter(pk=row_of(USERS).pk).update(**columns)


@pytest.mark.parametrize("name", [USERS, STATEMENTS, PRODUCTS])
def test_nothing_was_seen_yet_and_the_page_says_so(rosa: Client, name: tuple[str, str]) -> None:
    page = text_of(rosa.get(page_of(name)))

    assert " ".join(name) in page
    assert "None found, but nothing was compared either." in page
    assert "Nothing has been changed yet." in page
    assert "Self-test never run" in page


def test_what_is_missing_for_the_next_step_is_listed(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    compared(USERS, 8)

    page = text_of(rosa.get(page_of(USERS)))

    assert "Evidence for canary insufficient evidence" in page
    assert "8 of 100 comparisons in a row that agree" in page
    assert "6 of 2xx, 2 of 4xx" in page


def test_a_proven_endpoint_lacks_nothing(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    proven(USERS)

    page = text_of(rosa.get(page_of(USERS)))

    assert "Evidence for canary ready" in page
    assert "Still missing" not in page
    assert "Self-test found the injected difference" in page


def test_differences_come_most_frequent_first_with_one_example_each(rosa: Client) -> None:
    rare, frequent = differ("/email", 2), differ("/items/*/price", 41)

    page = text_of(rosa.get(page_of(USERS)))

    assert page.index("41 × /items/*/price value") < page.index("2 × /email value")
    for difference in (rare, frequent):
        assert f"request {difference.example_request_id}" in page


@pytest.mark.parametrize(
    ("side", "shown"),
    [
        (
            {"type": "string", "length": 23, "hash": "9f2c1ab73d10"},
            'hash "9f2c1ab73d10", length 23',
        ),
        ({"type": "object", "keys": ["age", "email"]}, 'object, keys ["age", "email"]'),
        ({"type": "absent"}, "django absent"),
        ({"type": "string", "value": "shown"}, 'django string, value "shown"'),
        (None, "django null"),
    ],
)
def test_a_redacted_example_is_read_aloud(rosa: Client, side: object, shown: str) -> None:
    differ("/email", 1, example={"django": side, "edge": side})

    assert shown in text_of(rosa.get(page_of(USERS)))


def test_what_is_stored_cannot_write_the_page(rosa: Client) -> None:
    differ("/<script>", 1, example={"django": {"type": "<b>"}, "edge": "<i>"})
    move(USERS, Stage.SHADOW, reason="<u>because</u>")

    page = rosa.get(page_of(USERS)).content.decode()

    for tag in ("/<script>", "<b>", "<i>", "<u>because"):
        assert tag not in page
    assert "&lt;u&gt;because" in page


def test_what_is_ignored_is_listed(rosa: Client) -> None:
    now = timezone.now()
    place = Noise.objects.create(
        endpoint=row_of(USERS), path="/generated_at", kind="value", learned_at=now
    )
    BuildNoise.objects.create(noise=place, build=the_build(), learned_at=now)

    assert "/generated_at value" in text_of(rosa.get(page_of(USERS)))
    assert "Nothing: every difference counts." in text_of(rosa.get(page_of(STATEMENTS)))


def test_how_far_the_guard_of_a_build_is(rosa: Client) -> None:
    now = timezone.now()
    GuardedClass.objects.create(
        endpoint=row_of(USERS), build=the_build(), status_class=4, matched=3, begun_at=now,
        seen_at=now,
    )  # fmt: skip
    assert "3 of 100 4xx" not in text_of(rosa.get(page_of(USERS)))

    move(USERS, Stage.CANARY, percent=1)

    page = text_of(rosa.get(page_of(USERS)))
    assert f"0 of 100 2xx, 3 of 100 4xx, build {the_build().short}" in page
    assert "guarded" in text_of(rosa.get("/admin/endpoints/endpoint/"))
    change(guarded_calls=0)
    assert "switched off" in text_of(rosa.get(page_of(USERS)))


def test_alarms_stand_at_the_top(rosa: Client) -> None:
    move(USERS, Stage.EDGE)
    move(USERS, Stage.RETIRED)
    assert 'role="alert"' not in rosa.get(page_of(USERS)).content.decode()

    change(retired_calls=1, is_on_edge=False)
    self_test(USERS, passed=False)
    page = text_of(rosa.get(page_of(USERS)))

    assert "1 call reached Django's view although it is retired" in page
    assert "The self-test injected a difference, and it was not found." in page
    assert "The edge no longer has it, though the stage is retired." in page


def test_a_misdirected_shadow_is_an_alarm_and_no_parity(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    compared(USERS, 12, verdict="mismatch", django_status=200, edge_status=404)

    page = text_of(rosa.get(page_of(USERS)))

    assert "Misconfigured: none of the 12 comparisons says anything about parity" in page
    assert "Parity misconfigured" in page
    assert "0.0 %" not in page


def test_the_audit_comes_newest_first_and_marks_what_was_forced(rosa: Client) -> None:
    move(USERS, Stage.SHADOW, ago=timedelta(days=2), reason="Begin")
    move(USERS, Stage.CANARY, percent=5, reason="Dare", actor="rui")

    page = text_of(rosa.get(page_of(USERS)))

    assert page.index("shadow to canary 5 % forced rui Dare") < page.index(
        "django to shadow marta Begin"
    )
    assert "django to shadow forced" not in page


def test_a_step_back_by_itself_stands_out(rosa: Client) -> None:
    store = stores.endpoints()
    move(USERS, Stage.CANARY, percent=5)
    known = run_now(rollout.get_endpoint(USERS, store=store))
    run_now(rollout.spend_budget(known, errors=3, now=timezone.now(), store=store))

    page = rosa.get(page_of(USERS))

    assert "canary 5 % to shadow by itself the edge failed 3 times" in text_of(page)
    assert 'class="ep-automatic"' in page.content.decode()


@pytest.mark.parametrize(
    ("shown", "differences", "changes"),
    [(3, "most frequent first", "newest first"), (2, "the 2 most frequent", "the newest 2 of 3")],
)
def test_what_is_left_out_is_counted(
    rosa: Client, monkeypatch: pytest.MonkeyPatch, shown: int, differences: str, changes: str
) -> None:
    monkeypatch.setattr(endpoint_page, "DIFFERENCES_SHOWN", shown)
    monkeypatch.setattr(endpoint_page, "CHANGES_SHOWN", shown)
    for number, stage in enumerate([Stage.SHADOW, Stage.DJANGO, Stage.SHADOW], 1):
        move(USERS, stage)
        differ(f"/items/*/{stage}{number}", number)

    page = text_of(rosa.get(page_of(USERS)))

    assert f"Differences {differences}; examples hold no personal value 3 " in page
    assert f"Who changed what {changes} When" in page


@pytest.mark.parametrize("span", ["48h", "14d", "nonsense", ""])
def test_the_chart_looks_back_two_days_or_two_weeks(rosa: Client, span: str) -> None:
    page = rosa.get(page_of(USERS), {"span": span})

    chosen = "14d" if span == "14d" else "48h"
    spans = page.context["page"]["spans"]
    assert [one["name"] for one in spans if one["is_chosen"]] == [chosen]
