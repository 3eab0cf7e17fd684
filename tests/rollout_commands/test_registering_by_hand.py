"""``rollout register`` registers Django's endpoints without a restart."""

import pytest
from pytest_django import Settings

from tests.rollout_commands.commanding import ONLY_ON_EDGE, USERS, row_of, run_rollout

pytestmark = pytest.mark.django_db


def names_of_django() -> set[tuple[str, str]]:
    listed = run_rollout("list", "--json").document["endpoints"]
    return {(one["method"], one["path_template"]) for one in listed if one["is_on_django"]}


def test_the_routes_of_the_urlconf_and_no_others() -> None:
    registered = run_rollout("register", "--json")

    assert registered.status == 0
    assert {"method": "GET", "path_template": "/v1/users/{id}"} in registered.document["registered"]
    assert ("GET", "/v1/statements") in names_of_django()


def test_what_was_added_by_hand_survives_every_restart_of_this_django() -> None:
    run_rollout("register", "--add", "GET", "/legacy/orders")

    run_rollout("register")

    assert {("GET", "/legacy/orders"), ("GET", "/v1/statements")} <= names_of_django()


def test_each_upstream_is_told_apart_by_its_name() -> None:
    run_rollout("register", "--upstream", "orders", "--add", "GET", "/legacy/orders")

    shown = run_rollout("register", "--site", "stock", "--add", "GET", "/legacy/stock")

    assert shown.stdout == "Django has 1 endpoint:\n  GET /legacy/stock\n"
    assert names_of_django() == {("GET", "/legacy/orders"), ("GET", "/legacy/stock")}


@pytest.mark.parametrize("setting", ["ENDPOINT_UPSTREAM", "ENDPOINT_SITE"])
def test_a_project_names_itself_by_a_setting(setting: str, settings: Settings) -> None:
    setattr(settings, setting, "shop")

    run_rollout("register")

    assert row_of(USERS).upstream == "shop"


def test_another_programs_endpoints_are_added_to_what_is_there() -> None:
    run_rollout("register", "--add", "get", "/legacy/orders/{id}")

    shown = run_rollout("register", "--add", "POST", "/legacy/orders")

    assert shown.stdout == (
        "Django has 2 endpoints:\n  GET /legacy/orders/{id}\n  POST /legacy/orders\n"
    )
    assert names_of_django() == {("GET", "/legacy/orders/{id}"), ("POST", "/legacy/orders")}


@pytest.mark.usefixtures("registered")
def test_no_stage_that_was_set_is_changed() -> None:
    run_rollout("set-stage", *USERS, "shadow", "--reason", "a test")

    run_rollout("register")

    assert row_of(USERS).stage == "shadow"
    assert row_of(ONLY_ON_EDGE).stage == "edge"


@pytest.mark.parametrize("added", [("GET", "orders"), ("HEAD", "/orders")])
def test_what_is_no_endpoint_is_a_wrong_command_line(added: tuple[str, str]) -> None:
    refused = run_rollout("register", "--add", *added)

    assert refused.status == 2
    assert refused.stderr.startswith(f"CommandError: --add {' '.join(added)}: ")
