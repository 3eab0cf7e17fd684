"""What the edge writes as a canary, or alone, is compared with a dry run of Django before it."""

from collections.abc import Iterator

import pytest

from tests.harness.clients import Answer
from tests.harness.waiting import eventually
from tests.rollout.database_snapshot import whole_database
from tests.rollout.stack import an_email
from tests.rollout.wrong_stack import WrongStack

CREATE, CHANGE, ORDER = "POST /v1/users", "PATCH /v1/users/{id}", "POST /v1/orders"
DELETE = "DELETE /v1/users/{id}"
ON_THE_EDGE = [("canary", 100), ("edge", 0)]


@pytest.fixture
def stack(wrong_stack: WrongStack) -> Iterator[WrongStack]:
    yield wrong_stack
    for name in (CREATE, CHANGE, DELETE, ORDER):
        wrong_stack.set_stage(name, "django")


def create(stack: WrongStack, wrong: str = "") -> Answer:
    new = {"email": an_email().replace("mover", "Mover"), "age": 30}
    return stack.ask_wrongly("POST", "/v1/users", new, wrong=wrong)


@pytest.mark.parametrize(("stage", "percent"), ON_THE_EDGE)
@pytest.mark.parametrize(
    "wrong",
    [
        "extra row",
        "missing row",
        "small letters",
        "row off by one",
        # Right wherever it is tried: only what it really wrote tells.
        "row off by one for callers",
    ],
)
def test_a_wrong_row_is_found_and_rolls_back(
    stack: WrongStack, wrong: str, stage: str, percent: int
) -> None:
    stack.set_stage(CREATE, stage, percent=percent, most_mismatches=1)

    answer = create(stack, wrong)

    assert (answer.status, answer.side) == (201, "edge")
    assert stack.verdict_on(answer) == "mismatch"
    # One that used no transaction goes back further: see ``WroteOutsideTransaction``.
    assert eventually(lambda: stack.stage(CREATE) in ("shadow", "django"))


@pytest.mark.parametrize(("stage", "percent"), ON_THE_EDGE)
def test_a_right_edge_agrees_and_nothing_is_done_twice(
    stack: WrongStack, stage: str, percent: int
) -> None:
    for name in (CREATE, CHANGE, DELETE):
        stack.set_stage(name, stage, percent=percent)
    before = whole_database(stack.owner)

    created = [create(stack) for _ in range(8)]
    changed = [
        stack.ask("PATCH", f"/v1/users/{one.body['id']}", {"age": 31}) for one in created[:2]
    ]
    refused = stack.ask("POST", "/v1/users", {"email": created[0].body["email"], "age": 3})
    deleted = stack.ask("DELETE", f"/v1/users/{created[7].body['id']}")

    answers = [*created, *changed, refused, deleted]
    assert {one.side for one in answers} == {"edge"}
    assert (refused.status, deleted.status) == (409, 204)
    assert {stack.verdict_on(one) for one in answers} == {"match"}
    after = whole_database(stack.owner)
    more = {name: len(after[name]) - len(before[name]) for name in after}
    assert more["users_user"] == 7
    assert more["users_userevent"] == more["pghistory_context"] == 11
