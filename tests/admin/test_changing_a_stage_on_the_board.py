"""Staff move an endpoint with a button that asks why, and says what evidence is lacking."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from core_site.partners.models import Partner
from core_site.rollout.models import Endpoint, StageChange
from shared_domain.rollout import Stage
from tests.admin.endpoint_data import (
    BUDGETS,
    BUTTONS,
    NEW_USER,
    STATEMENTS,
    USERS,
    compared,
    move,
    page_of,
    proven,
    register,
    row_of,
    stored,
)
from tests.admin.staff import text_of


@pytest.fixture(autouse=True)
def _registered(db: None) -> None:
    register()


def test_an_endpoint_goes_into_shadow_and_the_audit_says_who_and_why(rosa: Client) -> None:
    page = rosa.post(page_of(USERS, "shadow"), {"reason": " We begin "}, follow=True)

    assert row_of(USERS).stage == "shadow"
    assert "GET /v1/users: now in stage shadow." in text_of(page)
    change = StageChange.objects.get()
    assert (change.actor, change.reason, change.is_forced) == ("rosa", "We begin", False)
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.change_message) == ("GET /v1/users", "Now in stage shadow.")


@pytest.mark.parametrize("action", BUTTONS)
@pytest.mark.parametrize("reason", ["", "   "])
def test_nothing_changes_without_a_reason(rosa: Client, action: str, reason: str) -> None:
    move(USERS, Stage.EDGE, ago=timedelta(days=3))
    partner = Partner.objects.create(code="a", name="A", email="a@b.example")
    before = stored()

    form = {"percent": "5", "partner": partner.pk, "side": "edge", "is_forced": "on"} | BUDGETS
    page = rosa.post(page_of(USERS, action), form | {"reason": reason})

    assert page.status_code == 400
    assert "This field is required" in text_of(page)
    assert stored() == before


def test_a_proven_endpoint_becomes_a_canary(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    proven(USERS)

    assert "Still missing" not in text_of(rosa.get(page_of(USERS, "canary")))
    rosa.post(page_of(USERS, "canary"), {"percent": "10", "reason": "Proven"})

    row = row_of(USERS)
    assert (row.stage, row.percent) == ("canary", 10)
    assert not StageChange.objects.first().is_forced


def test_what_is_lacking_is_said_and_stops_the_move(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    compared(USERS, 40)

    question = text_of(rosa.get(page_of(USERS, "canary")))
    assert "insufficient evidence" in question
    assert "40 of 100 comparisons in a row that agree" in question
    assert "the self-test: no difference has been injected yet" in question
    assert "Go ahead without the evidence" in question

    page = rosa.post(page_of(USERS, "canary"), {"percent": "5", "reason": "I am sure"})
    assert page.status_code == 400
    assert "The promotion is not proven, insufficient evidence" in text_of(page)
    assert row_of(USERS).stage == "shadow"


def test_going_ahead_without_the_evidence_is_recorded_as_forced(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)

    form = {"percent": "5", "reason": "I am sure", "is_forced": "on"}
    page = rosa.post(page_of(USERS, "canary"), form, follow=True)

    assert row_of(USERS).stage == "canary"
    assert StageChange.objects.first().is_forced
    assert "forced" in text_of(page)


@pytest.mark.parametrize(
    ("percent", "message"),
    [
        ("", "This field is required"),
        ("0", "greater than or equal to 1"),
        ("101", "less than or equal to 100"),
        ("ten", "Enter a whole number"),
    ],
)
def test_a_bad_share_is_explained(rosa: Client, percent: str, message: str) -> None:
    form = {"percent": percent, "reason": "x", "is_forced": "on"}

    page = rosa.post(page_of(USERS, "canary"), form)

    assert page.status_code == 400
    assert message in text_of(page)
    assert row_of(USERS).stage == "django"


def test_a_share_is_lowered_without_evidence(rosa: Client) -> None:
    move(USERS, Stage.CANARY, percent=50)

    rosa.post(page_of(USERS, "canary"), {"percent": "5", "reason": "Carefully"})

    assert row_of(USERS).percent == 5
    assert not StageChange.objects.first().is_forced


@pytest.mark.parametrize("is_reverse_shadowed", [True, False])
def test_the_edge_answers_with_django_as_its_shadow_or_without(
    rosa: Client, is_reverse_shadowed: bool
) -> None:
    form = {"reason": "Go", "is_forced": "on"}
    if is_reverse_shadowed:
        form["is_reverse_shadowed"] = "on"

    rosa.post(page_of(USERS, "to_edge"), form)

    row = row_of(USERS)
    assert (row.stage, row.is_reverse_shadowed) == ("edge", is_reverse_shadowed)


def test_only_a_read_is_offered_a_reverse_shadow(rosa: Client) -> None:
    assert "Django is the shadow" in text_of(rosa.get(page_of(USERS, "to_edge")))
    assert "Django is the shadow" not in text_of(rosa.get(page_of(NEW_USER, "to_edge")))


@pytest.mark.parametrize(
    ("action", "stage"), [("step_back", "shadow"), ("back_to_django", "django")]
)
def test_any_step_back_asks_for_no_evidence(rosa: Client, action: str, stage: str) -> None:
    move(USERS, Stage.EDGE)

    assert "Still missing" not in text_of(rosa.get(page_of(USERS, action)))
    rosa.post(page_of(USERS, action), {"reason": "Complaints"})

    assert row_of(USERS).stage == stage
    assert not StageChange.objects.first().is_forced


def test_an_endpoint_retires_once_django_was_left_alone(rosa: Client) -> None:
    move(USERS, Stage.EDGE, ago=timedelta(hours=30))

    rosa.post(page_of(USERS, "retire"), {"reason": "Quiet"})

    assert row_of(USERS).stage == "retired"


def test_what_django_is_still_called_for_cannot_retire(rosa: Client) -> None:
    move(USERS, Stage.EDGE, ago=timedelta(days=3))
    Endpoint.objects.update(django_called_at=timezone.now())

    question = rosa.get(page_of(USERS, "retire"))
    page = rosa.post(page_of(USERS, "retire"), {"reason": "x", "is_forced": "on"})

    for shown in (question, page):
        assert "Django still receives calls of GET /v1/users" in text_of(shown)
    assert page.status_code == 400
    assert row_of(USERS).stage == "edge"


@pytest.mark.parametrize("action", ["shadow", "canary", "to_edge"])
def test_what_the_edge_does_not_have_cannot_go_there(rosa: Client, action: str) -> None:
    before = stored()

    question = text_of(rosa.get(page_of(STATEMENTS, action)))
    form = {"reason": "x", "percent": "5", "is_forced": "on"}
    page = rosa.post(page_of(STATEMENTS, action), form)

    assert "the edge does not have GET /v1/statements" in question
    assert "Reason" not in question
    assert page.status_code == 400
    assert stored() == before
