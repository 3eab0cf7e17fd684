"""What the edge writes as a canary, or alone, is compared with a dry run of Django before it."""

from collections.abc import Iterator

import pytest

from tests.harness.waiting import eventually
from tests.rollout.house import Answer, an_email
from tests.rollout.whole_database import whole_database
from tests.rollout.wrong_house import WrongHouse

CREATE, CHANGE, ORDER = "POST /v1/users", "PATCH /v1/users/{id}", "POST /v1/orders"
ON_THE_EDGE = [("canary", 100), ("edge", 0)]


@pytest.fixture
def house(wrong_house: WrongHouse) -> Iterator[WrongHouse]:
    yield wrong_house
    for name in (CREATE, CHANGE, ORDER):
        wrong_house.set_stage(name, "django")


def create(house: WrongHouse, wrong: str = "") -> Answer:
    new = {"email": an_email().replace("mover", "Mover"), "age": 30}
    return house.ask_wrongly("POST", "/v1/users", new, wrong=wrong)


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
    house: WrongHouse, wrong: str, stage: str, percent: int
) -> None:
    house.set_stage(CREATE, stage, percent=percent, most_mismatches=1)

    answer = create(house, wrong)

    assert (answer.status, answer.side) == (201, "edge")
    assert house.verdict_on(answer) == "mismatch"
    # One that used no transaction goes back further: see ``WroteOutsideTransaction``.
    assert eventually(lambda: house.stage(CREATE) in ("shadow", "django"))


@pytest.mark.parametrize(("stage", "percent"), ON_THE_EDGE)
def test_a_right_edge_agrees_and_nothing_is_done_twice(
    house: WrongHouse, stage: str, percent: int
) -> None:
    for name in (CREATE, CHANGE):
        house.set_stage(name, stage, percent=percent)
    before = whole_database(house.owner)

    created = [create(house) for _ in range(8)]
    changed = [
        house.ask("PATCH", f"/v1/users/{one.body['id']}", {"age": 31}) for one in created[:2]
    ]
    refused = house.ask("POST", "/v1/users", {"email": created[0].body["email"], "age": 3})

    answers = [*created, *changed, refused]
    assert {one.side for one in answers} == {"edge"}
    assert refused.status == 409
    assert {house.verdict_on(one) for one in answers} == {"match"}
    after = whole_database(house.owner)
    more = {name: len(after[name]) - len(before[name]) for name in after}
    assert more["users_user"] == 8
    assert more["users_userevent"] == more["pghistory_context"] == 10
