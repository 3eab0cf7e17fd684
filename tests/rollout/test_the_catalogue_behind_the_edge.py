"""The catalogue of wrong edges, behind the real edge: found where it is wrong, and in time."""

from collections.abc import Iterator

import pytest

from tests.parity.catalogue import CATALOGUE, Fault
from tests.rollout.wrong_stack import WrongStack

#: Of each kind one, in every run; all of them take minutes.
EVERY_TIME = frozenset(
    {
        "off by one",
        "another normal form",
        "a key twice",
        "a stranger's row instead",
        "another cursor",
        "no set-cookie",
        "a shop's own",
        "says gzip and is none",
        "cut off",
        "answers 404",
        "answers 503",
        "every other call",
        "30 % at random",
    }
)

#: Those that are also found in every run by calls of a partner, in stage shadow.
IN_SHADOW = frozenset({"off by one", "no set-cookie", "answers 404", "a gzip of two bodies"})

#: The edge is asked in several processes, and each counts its calls for itself.
PROCESSES = 4


def test_what_is_tried_each_time_is_in_the_catalogue() -> None:
    assert {fault.wrong for fault in CATALOGUE} >= EVERY_TIME


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        pytest.param(
            number,
            fault,
            id=fault.wrong,
            marks=[] if fault.wrong in EVERY_TIME else [pytest.mark.long],
        )
        for number, fault in enumerate(CATALOGUE)
    ],
)
def test_it_is_found(wrong_stack: WrongStack, number: int, fault: Fault) -> None:
    headers = {"X-Fault": str(number)}

    calls, verdict = 0, "match"
    while verdict == "match" and calls < fault.within * PROCESSES:
        compared = wrong_stack.compare("GET", "/v1/catalogue", headers=headers)
        calls, verdict = calls + 1, compared.verdict

    print(f"{fault.wrong}: {verdict} after {calls} calls at {sorted(compared.places)}")
    assert verdict in ("mismatch", "unstable")
    assert any(
        path == fault.where or path.startswith(f"{fault.where}/") for path, _ in compared.places
    ), compared.places


@pytest.fixture
def shadow(wrong_stack: WrongStack) -> Iterator[WrongStack]:
    wrong_stack.set_stage("GET /v1/catalogue", "shadow", most_mismatches=1_000_000)
    yield wrong_stack
    wrong_stack.set_stage("GET /v1/catalogue", "django", most_mismatches=5)


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        pytest.param(
            number,
            fault,
            id=fault.wrong,
            marks=[] if fault.wrong in IN_SHADOW else [pytest.mark.long],
        )
        for number, fault in enumerate(CATALOGUE)
        if fault.within == 1
    ],
)
def test_it_is_found_in_shadow(shadow: WrongStack, number: int, fault: Fault) -> None:
    """By a call of a partner, who gets Django's answer and hears nothing of it."""
    answer = shadow.ask("GET", "/v1/catalogue?in=shadow", headers={"X-Fault": str(number)})

    assert (answer.status, answer.side) == (200, "django")
    assert "Portico-Parity" not in answer.headers
    assert shadow.verdict_on(answer) in ("mismatch", "unstable")


def test_a_right_edge_is_left_alone(wrong_stack: WrongStack) -> None:
    found = {wrong_stack.compare("GET", "/v1/catalogue").verdict for _ in range(10)}

    assert found == {"match"}
