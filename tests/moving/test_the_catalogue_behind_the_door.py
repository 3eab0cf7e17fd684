"""The catalogue of wrong edges, behind the real door: found where it is wrong, and in time."""

import pytest

from tests.comparing.catalogue import CATALOGUE, Fault
from tests.moving.wrong_house import WrongHouse

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
def test_it_is_found(wrong_house: WrongHouse, number: int, fault: Fault) -> None:
    headers = {"X-Fault": str(number)}

    for _ in range(fault.within * PROCESSES):
        compared = wrong_house.compare("GET", "/v1/catalogue", headers=headers)
        if compared.verdict != "match":
            break

    assert compared.verdict in ("mismatch", "unstable")
    assert any(
        path == fault.where or path.startswith(f"{fault.where}/") for path, _ in compared.places
    ), compared.places


def test_a_right_edge_is_left_alone(wrong_house: WrongHouse) -> None:
    found = {wrong_house.compare("GET", "/v1/catalogue").verdict for _ in range(10)}

    assert found == {"match"}
