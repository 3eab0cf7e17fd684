"""One change in a list is one difference, at its place, whatever comes before and after it."""

import json
import random
import time

import pytest

from shared_domain.parity.comparison import compare
from shared_domain.parity.rules import NO_RULES
from tests.parity.sides import a_copy, answered, in_reads

TOURS = [{"name": f"tour {n}", "price": 100 * n, "open": n % 2 == 0} for n in range(10)]


def test_another_order_is_one_difference() -> None:
    assert in_reads({"a": TOURS}, {"a": TOURS[::-1]}) == [("/a", "order")]
    assert in_reads([3, 1, 2], [1, 2, 3]) == [("/", "order")]


def test_an_extra_element_in_the_middle() -> None:
    more = [*TOURS[:4], {"name": "new", "price": 1, "open": True}, *TOURS[4:]]

    assert in_reads(TOURS, more) == [("/", "length"), ("/4", "extra")]
    assert in_reads(more, TOURS) == [("/", "length"), ("/4", "missing")]


def test_one_of_several_alike() -> None:
    assert in_reads([1, 1, 1], [2, 1, 1]) == [("/0", "value")]
    assert in_reads([1, 1], [1, 1, 1]) == [("/", "length"), ("/2", "extra")]


def test_a_window_that_moved_on() -> None:
    assert in_reads(TOURS[:9], TOURS[1:]) == [("/0", "value")]


def test_an_extra_and_a_wrong_element() -> None:
    wrong = [{"name": "new", "price": 1, "open": True}, *map(a_copy, TOURS)]
    wrong[6]["price"] += 1

    assert in_reads(TOURS, wrong) == [("/", "length"), ("/5/price", "value"), ("/0", "extra")]
    assert in_reads([1, 2], [9, 1, 3]) == [("/", "length"), ("/1", "value"), ("/0", "extra")]


def test_a_wrong_element_in_another_order() -> None:
    wrong = list(map(a_copy, TOURS))
    wrong[3]["price"] += 1
    random.Random(1).shuffle(wrong)

    assert in_reads(TOURS, wrong) == [("/", "order"), ("/3/price", "value")]


def test_nothing_in_common() -> None:
    assert in_reads([1, 2], [3, 4]) == [("/0", "value"), ("/1", "value")]
    assert in_reads([], [1]) == [("/", "length"), ("/0", "extra")]


@pytest.mark.parametrize(
    "elements", [list(range(5_000)), [{"n": n, "of": "x"} for n in range(5_000)]]
)
def test_a_long_list_in_another_order_takes_no_time(elements: list[object]) -> None:
    other = random.Random(2).sample(elements, len(elements))

    assert in_reads(elements, other) == [("/", "order")]
    assert _milliseconds(elements, other) < 5_000


def test_a_long_list_with_nothing_in_common_takes_little_time() -> None:
    ours = [{"n": n, "of": "x", "at": {"a": n}} for n in range(5_000)]
    theirs = [{"n": -n, "of": "y", "at": {"a": n / 2}} for n in range(1, 5_000)]

    assert len(in_reads(ours, theirs)) > 10
    assert _milliseconds(ours, theirs) < 5_000


def test_a_hundred_kilobytes_take_little_time() -> None:
    tours = [
        {
            "name": f"a tour of the town {n}",
            "price": n,
            "tags": ["x", "y"],
            "at": {"lat": 1.5, "lon": n},
        }
        for n in range(1_000)
    ]
    wrong = json.loads(json.dumps(tours))
    wrong[500]["price"] += 1

    assert len(json.dumps(tours)) > 100_000
    assert in_reads(tours, wrong) == [("/500/price", "value")]
    # It is about 10 ms; the machine of a test run may be busy.
    assert _milliseconds(tours, wrong) < 5_000


def _milliseconds(django: object, edge: object) -> float:
    """Return the quickest of three comparisons, in CPU time.

    The bounds tell this from comparing each element with each, 25 million pairs, on any machine.
    """
    ours, theirs = answered(django), answered(edge)
    found = []
    for _ in range(3):
        begun = time.process_time()
        compare(ours, theirs, NO_RULES, is_write=False)
        found.append(time.process_time() - begun)
    return min(found) * 1000
