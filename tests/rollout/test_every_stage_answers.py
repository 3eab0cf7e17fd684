"""Each row of the stage table: who answers the partner, and what also happens."""

import pytest

from tests.rollout.stack import Stack, an_email

LIST, CREATE, ONE = "GET /v1/users", "POST /v1/users", "GET /v1/users/{id}"


def test_in_stage_django_nothing_else_happens(stack: Stack) -> None:
    assert stack.ask("GET", "/v1/users").side == "django"
    created = stack.ask("POST", "/v1/users", {"email": an_email(), "age": 30})

    assert (created.status, created.side) == (201, "django")
    assert stack.counted("django_calls") == 2
    assert stack.value("SELECT count(*) FROM endpoints_paritycheck") == 0


def test_in_stage_shadow_a_read_is_compared_after_the_answer(stack: Stack) -> None:
    stack.set_stage(LIST, "shadow")

    assert stack.ask("GET", "/v1/users").side == "django"

    assert stack.verdicts(1) == ["match"]


def test_in_stage_shadow_a_write_has_a_dry_run_and_is_done_once(stack: Stack) -> None:
    stack.set_stage(CREATE, "shadow")
    email = an_email()

    created = stack.ask("POST", "/v1/users", {"email": email, "age": 30})

    assert (created.status, created.side) == (201, "django")
    assert stack.verdicts(1) == ["match"], stack.differences()
    assert stack.value("SELECT count(*) FROM users_user WHERE email = %s", email) == 1


def test_a_refused_write_is_compared_as_well(stack: Stack) -> None:
    stack.set_stage(CREATE, "shadow")

    assert stack.ask("POST", "/v1/users", {"email": "no", "age": "30"}).status == 422

    assert stack.verdicts(1) == ["match"], stack.differences()


def test_a_canary_is_answered_by_the_edge_and_the_others_by_django(stack: Stack) -> None:
    stack.pin(LIST, "alpine", "edge")
    stack.pin(LIST, "rival", "django")
    stack.set_stage(LIST, "canary", percent=50)

    assert stack.ask("GET", "/v1/users").side == "edge"
    assert stack.ask("GET", "/v1/users", key=stack.keys.rival).side == "django"

    assert stack.verdicts(2) == ["match", "match"]


def test_a_canary_of_every_partner(stack: Stack) -> None:
    stack.set_stage(CREATE, "canary", percent=100)

    created = stack.ask("POST", "/v1/users", {"email": an_email(), "age": 30})

    assert (created.status, created.side) == (201, "edge")


def test_a_caller_without_a_key_is_no_canary(stack: Stack) -> None:
    stack.set_stage(LIST, "canary", percent=100)

    assert stack.ask("GET", "/v1/users", key="unknown").side == "django"


def test_in_stage_edge_django_hears_nothing(stack: Stack) -> None:
    stack.set_stage(LIST, "edge")

    assert stack.ask("GET", "/v1/users").side == "edge"

    assert stack.counted("edge_calls") == 1
    assert stack.value("SELECT count(*) FROM endpoints_paritycheck") == 0


def test_in_stage_edge_django_can_be_the_shadow(stack: Stack) -> None:
    stack.set_stage(LIST, "edge", is_reverse_shadowed=True)

    assert stack.ask("GET", "/v1/users").side == "edge"

    assert stack.verdicts(1) == ["match"]


def test_in_stage_retired_the_edge_answers(stack: Stack) -> None:
    stack.set_stage(LIST, "retired")

    assert stack.ask("GET", "/v1/users").side == "edge"


@pytest.mark.parametrize(("stage", "side"), [("shadow", "django"), ("edge", "edge")])
def test_head_follows_get(stack: Stack, stage: str, side: str) -> None:
    stack.set_stage(LIST, stage)

    answer = stack.ask("HEAD", "/v1/users")

    assert (answer.status, answer.side, answer.text) == (200, side, "")


def test_an_unknown_path_under_the_api_is_proxied_to_django(stack: Stack) -> None:
    assert stack.ask("GET", "/v1/statements").side == "django"
    assert stack.ask("GET", "/v1/nothing").side == "django"
