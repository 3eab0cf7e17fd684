"""An endpoint that costs its callers too much is back in ``shadow`` by itself, and says why."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.harness.waiting import eventually
from tests.rollout.failing_stack import CREATE, LIST, FailingStack

#: What the edge's log tells of a failure that it could not charge.
NOT_CHARGED = f"{LIST}: not charged: "


def spent(stack: FailingStack, name: str) -> tuple[int, int]:
    method, path = name.split(" ")
    (found,) = stack.rows(
        "SELECT mismatches, errors FROM endpoints_endpoint"
        " WHERE method = %s AND path_template = %s",
        method,
        path,
    )
    return found[0], found[1]


@pytest.fixture
def cut_wire(failing_stack: FailingStack) -> Iterator[FailingStack]:
    """The stack whose edge has no database; Django has."""
    yield failing_stack
    failing_stack.wire.restore()
    failing_stack.guard(0)
    assert eventually(lambda: failing_stack.read("").status == 200)


@pytest.mark.parametrize("way", ["exception", "500", "exception after the rows"])
def test_a_canary_that_always_fails(failing_stack: FailingStack, way: str) -> None:
    failing_stack.set_stage(CREATE, "canary", percent=100)

    for _ in range(5):
        answer, rows = failing_stack.create(way)
        assert (answer.status, answer.side, rows) == (201, "django", 1)

    why = failing_stack.rollback_reason(CREATE)
    assert why == "the edge failed 3 times; 3 spend the budget"
    assert spent(failing_stack, CREATE) == (0, 0)


def test_a_canary_that_fails_after_its_commit(failing_stack: FailingStack) -> None:
    failing_stack.set_stage(CREATE, "canary", percent=100)

    answers = [failing_stack.create("exception after the commit")[0] for _ in range(5)]

    assert failing_stack.rollback_reason(CREATE).startswith("the edge failed 3 times")
    assert [answer.status for answer in answers] == [500, 500, 500, 201, 201]


@pytest.mark.parametrize("way", ["exception", "500"])
def test_an_edge_that_fails(failing_stack: FailingStack, way: str) -> None:
    failing_stack.set_stage(LIST, "edge")

    answers = [failing_stack.read(way) for _ in range(3)]

    assert [answer.status for answer in answers] == [500, 500, 500]
    assert failing_stack.rollback_reason(LIST).startswith("the edge failed 3 times")
    assert failing_stack.read(way).side == "django"


def test_a_canary_whose_answers_differ(failing_stack: FailingStack) -> None:
    failing_stack.set_stage(LIST, "canary", percent=100, most_mismatches=3)

    for compared in range(1, 4):
        assert "itemz" in failing_stack.read("wrong").body
        assert failing_stack.verdicts(compared) == ["mismatch"] * compared

    why = failing_stack.rollback_reason(LIST)
    assert why == "3 answers differed from Django's; 3 spend the budget"
    assert "items" in failing_stack.read("wrong").body


def test_an_edge_that_is_slow(failing_stack: FailingStack) -> None:
    for partner, side in [("alpine", "edge"), ("rival", "django")]:
        failing_stack.pin(LIST, partner, side)
    # The edge takes 150 ms; however busy the machine, Django takes less than 1.5 seconds.
    failing_stack.set_stage(LIST, "canary", percent=50, sample_percent=0, most_latency_ratio=0.1)

    for _ in range(60):
        rival = failing_stack.ask("GET", "/v1/users", key=failing_stack.keys.rival)
        assert rival.side == "django"
    with ThreadPoolExecutor(10) as callers:
        answers = list(callers.map(failing_stack.read, ["slow"] * 80))

    assert {answer.status for answer in answers} == {200}
    why = failing_stack.rollback_reason(LIST)
    assert why.startswith("the edge takes ")
    assert why.endswith("; 0.1 times is the budget")


def test_refusals_and_strangers_cost_nothing(failing_stack: FailingStack) -> None:
    failing_stack.set_stage(CREATE, "edge", most_errors=1)
    taken = failing_stack.create("")[0].body["email"]

    statuses = [
        failing_stack.create("", taken)[0].status,
        failing_stack.create("", "no")[0].status,
        failing_stack.ask("POST", "/v1/users", {}, key="unknown").status,
    ]

    assert statuses == [409, 422, 401]
    assert (failing_stack.stage(CREATE), spent(failing_stack, CREATE)) == ("edge", (0, 0))


def test_what_failed_in_an_earlier_stage_is_not_held_against_the_next(
    failing_stack: FailingStack,
) -> None:
    failing_stack.set_stage(LIST, "canary", percent=100, most_errors=1)

    with failing_stack.limits(EDGE_TIMEOUT_SECONDS=2.0), ThreadPoolExecutor(1) as caller:
        slow = caller.submit(failing_stack.read, "hang")
        assert eventually(lambda: failing_stack.ask("GET", "/health/hanging").body == 1)
        failing_stack.set_stage(LIST, "edge")
        assert slow.result().side == "django"

    for _ in range(10):
        assert failing_stack.read("").side == "edge"
    assert (failing_stack.stage(LIST), spent(failing_stack, LIST)) == ("edge", (0, 0))


def test_without_its_database_nothing_is_spent(cut_wire: FailingStack) -> None:
    cut_wire.set_stage(LIST, "edge", most_errors=1)
    cut_wire.set_stage(CREATE, "canary", percent=100, most_errors=1)
    assert cut_wire.read("").side == "edge"
    told_before = cut_wire.edge.log.read_text().count(NOT_CHARGED)

    cut_wire.wire.cut()
    with ThreadPoolExecutor(8) as callers:
        reads = list(callers.map(cut_wire.read, ["", "exception", "500", ""]))
        # These fail for want of the database alone; what fails by itself may be charged later.
        ways = ["", "exception after the rows", "500 after the rows"]
        writes = list(callers.map(cut_wire.create, ways))

    assert [answer.status for answer in reads] == [503, 500, 500, 503]
    assert [(it.status, it.side, rows) for it, rows in writes] == [(201, "django", 1)] * 3
    # A failure is charged after its answer: the database stays away until both have been tried.
    assert eventually(lambda: cut_wire.edge.log.read_text().count(NOT_CHARGED) == told_before + 2)
    cut_wire.wire.restore()
    assert eventually(lambda: cut_wire.read("").status == 200)
    assert (cut_wire.stage(LIST), spent(cut_wire, LIST)) == ("edge", (0, 0))
    assert (cut_wire.stage(CREATE), spent(cut_wire, CREATE)) == ("canary", (0, 0))


def test_without_its_database_the_guard_stays(cut_wire: FailingStack) -> None:
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
