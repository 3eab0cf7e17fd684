"""What a route of the edge does not take is not there: Django never answers in its place."""

import pytest

from tests.rollout.failing_stack import FailingStack

STATEMENT = "GET /v1/statements/{month}"

#: Not a number, as the edge's route wants it.
PATH = "/v1/statements/2026-07"


def set_stage(stack: FailingStack, stage: str) -> None:
    (template,) = stack.rows(
        "SELECT path_template FROM endpoints_endpoint WHERE path_shape = '/v1/statements/{}'"
    )
    stack.set_stage(
        f"GET {template[0]}",
        stage,
        percent=100 if stage == "canary" else 0,
        most_errors=1_000,
        most_mismatches=1_000,
    )


def test_in_shadow_it_is_a_difference(failing_stack: FailingStack) -> None:
    set_stage(failing_stack, "shadow")

    answer = failing_stack.ask("GET", PATH)

    assert (answer.status, answer.side) == (200, "django")
    assert failing_stack.verdicts(1) == ["mismatch"]
    assert failing_stack.rows("SELECT django_status, edge_status FROM endpoints_paritycheck") == [
        (200, 404)
    ]


@pytest.mark.parametrize("stage", ["canary", "edge", "retired"])
def test_where_the_edge_answers_it_is_not_there(failing_stack: FailingStack, stage: str) -> None:
    set_stage(failing_stack, stage)

    answers = [failing_stack.ask("GET", path) for path in (PATH, "/v1/statements/7")]

    assert [(answer.status, answer.side) for answer in answers] == [(404, "edge"), (200, "edge")]
