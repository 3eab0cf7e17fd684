"""Each row of the stage table: who answers the partner, and what also happens."""

import pytest

from tests.rollout.house import House, an_email

LIST, CREATE, ONE = "GET /v1/users", "POST /v1/users", "GET /v1/users/{id}"


def test_in_stage_django_nothing_else_happens(house: House) -> None:
    assert house.ask("GET", "/v1/users").side == "django"
    created = house.ask("POST", "/v1/users", {"email": an_email(), "age": 30})

    assert (created.status, created.side) == (201, "django")
    assert house.counted("django_calls") == 2
    assert house.value("SELECT count(*) FROM endpoints_paritycheck") == 0


def test_in_stage_shadow_a_read_is_compared_after_the_answer(house: House) -> None:
    house.set_stage(LIST, "shadow")

    assert house.ask("GET", "/v1/users").side == "django"

    assert house.verdicts(1) == ["match"]


def test_in_stage_shadow_a_write_has_a_dry_run_and_is_done_once(house: House) -> None:
    house.set_stage(CREATE, "shadow")
    email = an_email()

    created = house.ask("POST", "/v1/users", {"email": email, "age": 30})

    assert (created.status, created.side) == (201, "django")
    assert house.verdicts(1) == ["match"], house.differences()
    assert house.value("SELECT count(*) FROM users_user WHERE email = %s", email) == 1


def test_a_refused_write_is_compared_as_well(house: House) -> None:
    house.set_stage(CREATE, "shadow")

    assert house.ask("POST", "/v1/users", {"email": "no", "age": "30"}).status == 422

    assert house.verdicts(1) == ["match"], house.differences()


def test_a_canary_is_answered_by_the_edge_and_the_others_by_django(house: House) -> None:
    house.pin(LIST, "alpine", "edge")
    house.pin(LIST, "rival", "django")
    house.set_stage(LIST, "canary", percent=50)

    assert house.ask("GET", "/v1/users").side == "edge"
    assert house.ask("GET", "/v1/users", key=house.keys.rival).side == "django"

    assert house.verdicts(2) == ["match", "match"]


def test_a_canary_of_every_partner(house: House) -> None:
    house.set_stage(CREATE, "canary", percent=100)

    created = house.ask("POST", "/v1/users", {"email": an_email(), "age": 30})

    assert (created.status, created.side) == (201, "edge")


def test_a_caller_without_a_key_is_no_canary(house: House) -> None:
    house.set_stage(LIST, "canary", percent=100)

    assert house.ask("GET", "/v1/users", key="nobody").side == "django"


def test_in_stage_edge_django_hears_nothing(house: House) -> None:
    house.set_stage(LIST, "edge")

    assert house.ask("GET", "/v1/users").side == "edge"

    assert house.counted("edge_calls") == 1
    assert house.value("SELECT count(*) FROM endpoints_paritycheck") == 0


def test_in_stage_edge_django_can_be_the_shadow(house: House) -> None:
    house.set_stage(LIST, "edge", is_reverse_shadowed=True)

    assert house.ask("GET", "/v1/users").side == "edge"

    assert house.verdicts(1) == ["match"]


def test_in_stage_retired_the_edge_answers(house: House) -> None:
    house.set_stage(LIST, "retired")

    assert house.ask("GET", "/v1/users").side == "edge"


@pytest.mark.parametrize(("stage", "side"), [("shadow", "django"), ("edge", "edge")])
def test_head_follows_get(house: House, stage: str, side: str) -> None:
    house.set_stage(LIST, stage)

    answer = house.ask("HEAD", "/v1/users")

    assert (answer.status, answer.side, answer.text) == (200, side, "")


def test_an_unknown_path_under_the_api_is_proxied_to_django(house: House) -> None:
    assert house.ask("GET", "/v1/statements").side == "django"
    assert house.ask("GET", "/v1/nothing").side == "django"
