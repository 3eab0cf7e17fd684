"""Only a button moves an endpoint, only where it could do something, and only for who may."""

from datetime import timedelta

import pytest
from django.test import Client

from shared_domain.rollout import Stage
from tests.admin.endpoint_data import (
    BUTTONS,
    NEW_USER,
    PRODUCTS,
    STATEMENTS,
    USERS,
    move,
    page_of,
    register,
    row_of,
    stored,
)
from tests.admin.staff import logged_in
from tests.harness.pages import context_of


@pytest.fixture(autouse=True)
def _registered(db: None) -> None:
    register()


@pytest.mark.parametrize("action", BUTTONS)
def test_looking_at_a_question_changes_nothing(rosa: Client, action: str) -> None:
    before = stored()

    for name in (USERS, NEW_USER, STATEMENTS, PRODUCTS):
        assert rosa.get(page_of(name, action)).status_code == 200

    assert stored() == before


@pytest.mark.parametrize("action", BUTTONS)
def test_who_may_only_look_is_refused_and_sees_no_button(action: str) -> None:
    viewer = logged_in("endpoints.view_endpoint")
    before = stored()

    assert f"/{action}/" not in viewer.get(page_of(USERS)).content.decode()
    assert viewer.get(page_of(USERS, action)).status_code == 403
    form = {"reason": "x", "percent": "5", "is_forced": "on"}
    assert viewer.post(page_of(USERS, action), form).status_code == 403
    assert stored() == before


@pytest.mark.parametrize("action", BUTTONS)
@pytest.mark.parametrize("object_id", ["_00", "9" * 40])
def test_an_endpoint_that_is_not_there_leads_back_with_a_message(
    rosa: Client, action: str, object_id: str
) -> None:
    for send in (rosa.get, rosa.post):
        answer = send(f"/admin/endpoints/endpoint/{object_id}/{action}/", {"reason": "x"})
        assert answer.status_code == 302


def test_a_forged_form_changes_nothing(rosa: Client) -> None:
    before = stored()
    app, pk = "/admin/endpoints/endpoint", row_of(USERS).pk

    form = {"stage": "edge", "percent": "0", "mismatches": "0", "post": "yes"}
    for page in (f"{app}/{pk}/change/", f"{app}/add/", f"{app}/{pk}/delete/"):
        assert rosa.post(page, form).status_code == 403
    rosa.post(f"{app}/", {"action": "delete_selected", "_selected_action": pk, "post": "yes"})

    assert stored() == before
    assert not context_of(rosa, page_of(USERS))["adminform"].form.fields


def test_a_page_shows_the_buttons_that_could_do_something(rosa: Client) -> None:
    adjust = {"pin", "budgets"}
    forward = {"canary", "to_edge"}

    def shown(name: tuple[str, str]) -> set[str]:
        page = rosa.get(page_of(name)).content.decode()
        return {button for button in BUTTONS if f'"{page_of(name, button)}"' in page}

    assert shown(STATEMENTS) == set()
    assert shown(PRODUCTS) == {"retire"}
    assert shown(USERS) == {"shadow", *forward, *adjust}
    move(USERS, Stage.SHADOW)
    assert shown(USERS) == {"back_to_django", *forward, *adjust}
    move(USERS, Stage.CANARY, percent=5)
    assert shown(USERS) == {"step_back", "back_to_django", *forward, *adjust}
    for name, also in ((USERS, {"to_edge"}), (NEW_USER, set())):
        move(name, Stage.EDGE, ago=timedelta(hours=30))
        assert shown(name) == {"canary", "retire", "step_back", "back_to_django", *adjust, *also}
    move(USERS, Stage.RETIRED)
    assert shown(USERS) == {"canary", "to_edge", "step_back", "back_to_django", *adjust}
