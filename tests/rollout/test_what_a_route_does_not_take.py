"""What a route of the edge does not take is not there: Django never answers in its place."""

import pytest

from tests.rollout.failing_house import FailingHouse

STATEMENT = "GET /v1/statements/{month}"

#: Not a number, as the edge's route wants it.
PATH = "/v1/statements/2026-07"


def set_stage(house: FailingHouse, stage: str) -> None:
    (template,) = house.rows(
        "SELECT path_template FROM endpoints_endpoint WHERE path_shape = '/v1/statements/{}'"
    )
    house.set_stage(
        f"GET {template[0]}",
        stage,
        percent=100 if stage == "canary" else 0,
        most_errors=1_000,
        most_mismatches=1_000,
    )


def test_in_shadow_it_is_a_difference(failing_house: FailingHouse) -> None:
    set_stage(failing_house, "shadow")

    answer = failing_house.ask("GET", PATH)

    assert (answer.status, answer.side) == (200, "django")
    assert failing_house.verdicts(1) == ["mismatch"]
    assert failing_house.rows("SELECT django_status, edge_status FROM endpoints_paritycheck") == [
        (200, 404)
    ]


@pytest.mark.parametrize("stage", ["canary", "edge", "retired"])
def test_where_the_edge_answers_it_is_not_there(failing_house: FailingHouse, stage: str) -> None:
    set_stage(failing_house, stage)

    answers = [failing_house.ask("GET", path) for path in (PATH, "/v1/statements/7")]

    assert [(it.status, it.side) for it in answers] == [(404, "edge"), (200, "edge")]
