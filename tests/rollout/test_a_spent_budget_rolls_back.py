"""An endpoint that costs its callers too much is back in ``shadow`` by itself, and says why."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.harness.waiting import eventually
from tests.rollout.failing_house import CREATE, LIST, FailingHouse

#: What the edge's log tells of a failure that it could not charge.
NOT_CHARGED = f"{LIST}: not charged: "


def spent(house: FailingHouse, name: str) -> tuple[int, int]:
    method, path = name.split(" ")
    (found,) = house.rows(
        "SELECT mismatches, errors FROM endpoints_endpoint"
        " WHERE method = %s AND path_template = %s",
        method,
        path,
    )
    return found[0], found[1]


@pytest.fixture
def cut_wire(failing_house: FailingHouse) -> Iterator[FailingHouse]:
    """The house whose edge has no database; Django has."""
    yield failing_house
    failing_house.wire.restore()
    failing_house.guard(0)
    assert eventually(lambda: failing_house.read("").status == 200)


@pytest.mark.parametrize("way", ["exception", "500", "exception after the rows"])
def test_a_canary_that_always_fails(failing_house: FailingHouse, way: str) -> None:
    failing_house.set_stage(CREATE, "canary", percent=100)

    for _ in range(5):
        answer, rows = failing_house.create(way)
        assert (answer.status, answer.side, rows) == (201, "django", 1)

    why = failing_house.reason_of_stepping_back(CREATE)
    assert why == "the edge failed 3 times; 3 spend the budget"
    assert spent(failing_house, CREATE) == (0, 0)


def test_a_canary_that_fails_after_its_commit(failing_house: FailingHouse) -> None:
    failing_house.set_stage(CREATE, "canary", percent=100)

    answers = [failing_house.create("exception after the commit")[0] for _ in range(5)]

    assert failing_house.reason_of_stepping_back(CREATE).startswith("the edge failed 3 times")
    assert [it.status for it in answers] == [500, 500, 500, 201, 201]


@pytest.mark.parametrize("way", ["exception", "500"])
def test_an_edge_that_fails(failing_house: FailingHouse, way: str) -> None:
    failing_house.set_stage(LIST, "edge")

    answers = [failing_house.read(way) for _ in range(3)]

    assert [it.status for it in answers] == [500, 500, 500]
    assert failing_house.reason_of_stepping_back(LIST).startswith("the edge failed 3 times")
    assert failing_house.read(way).side == "django"


def test_a_canary_whose_answers_differ(failing_house: FailingHouse) -> None:
    failing_house.set_stage(LIST, "canary", percent=100, most_mismatches=3)

    for compared in range(1, 4):
        assert "itemz" in failing_house.read("wrong").body
        assert failing_house.verdicts(compared) == ["mismatch"] * compared

    why = failing_house.reason_of_stepping_back(LIST)
    assert why == "3 answers differed from Django's; 3 spend the budget"
    assert "items" in failing_house.read("wrong").body


def test_an_edge_that_is_slow(failing_house: FailingHouse) -> None:
    for partner, side in [("alpine", "edge"), ("rival", "django")]:
        failing_house.pin(LIST, partner, side)
    # The edge takes 150 ms; however busy the machine, Django takes less than 1.5 seconds.
    failing_house.set_stage(LIST, "canary", percent=50, sample_percent=0, most_latency_ratio=0.1)

    for _ in range(60):
        rival = failing_house.ask("GET", "/v1/users", key=failing_house.keys.rival)
        assert rival.side == "django"
    with ThreadPoolExecutor(10) as callers:
        answers = list(callers.map(failing_house.read, ["slow"] * 80))

    assert {it.status for it in answers} == {200}
    why = failing_house.reason_of_stepping_back(LIST)
    assert why.startswith("the edge takes ")
    assert why.endswith("; 0.1 times is the budget")


def test_refusals_and_strangers_cost_nothing(failing_house: FailingHouse) -> None:
    failing_house.set_stage(CREATE, "edge", most_errors=1)
    taken = failing_house.create("")[0].body["email"]

    statuses = [
        failing_house.create("", taken)[0].status,
        failing_house.create("", "no")[0].status,
        failing_house.ask("POST", "/v1/users", {}, key="nobody").status,
    ]

    assert statuses == [409, 422, 401]
    assert (failing_house.stage(CREATE), spent(failing_house, CREATE)) == ("edge", (0, 0))


def test_what_failed_in_an_earlier_stage_is_not_held_against_the_next(
    failing_house: FailingHouse,
) -> None:
    failing_house.set_stage(LIST, "canary", percent=100, most_errors=1)

    with ThreadPoolExecutor(1) as caller:
        slow = caller.submit(failing_house.read, "hang")
        assert eventually(lambda: failing_house.ask("GET", "/health/hanging").body == 1)
        failing_house.set_stage(LIST, "edge")
        assert slow.result().side == "django"

    for _ in range(10):
        assert failing_house.read("").side == "edge"
    assert (failing_house.stage(LIST), spent(failing_house, LIST)) == ("edge", (0, 0))


def test_without_its_database_nothing_is_spent(cut_wire: FailingHouse) -> None:
    cut_wire.set_stage(LIST, "edge", most_errors=1)
    cut_wire.set_stage(CREATE, "canary", percent=100, most_errors=1)
    assert cut_wire.read("").side == "edge"

    cut_wire.wire.cut()
    with ThreadPoolExecutor(8) as callers:
        reads = list(callers.map(cut_wire.read, ["", "exception", "500", ""]))
        # These fail for want of the database alone; what fails by itself may be charged later.
        ways = ["", "exception after the rows", "500 after the rows"]
        writes = list(callers.map(cut_wire.create, ways))

    assert [it.status for it in reads] == [503, 500, 500, 503]
    assert [(it.status, it.side, rows) for it, rows in writes] == [(201, "django", 1)] * 3
    # A failure is charged after its answer: the database stays away until both have been tried.
    assert eventually(lambda: cut_wire.door.log.read_text().count(NOT_CHARGED) == 2)
    cut_wire.wire.restore()
    assert eventually(lambda: cut_wire.read("").status == 200)
    assert (cut_wire.stage(LIST), spent(cut_wire, LIST)) == ("edge", (0, 0))
    assert (cut_wire.stage(CREATE), spent(cut_wire, CREATE)) == ("canary", (0, 0))


def test_without_its_database_the_guard_stays(cut_wire: FailingHouse) -> None:
    cut_wire.guard(1_000)
    cut_wire.set_stage(LIST, "canary", percent=100, most_mismatches=1_000)
    assert cut_wire.read("").side == "edge"

    cut_wire.wire.cut()
    away = [cut_wire.read("wrong") for _ in range(4)]
    cut_wire.wire.restore()
    assert eventually(lambda: cut_wire.read("").side == "edge")
    back = [cut_wire.read("wrong") for _ in range(4)]

    assert {answer.side for answer in away + back} == {"django"}
    assert all("items" in answer.body for answer in away + back)
