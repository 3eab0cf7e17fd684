"""An edge that is wrong for some calls only, or for callers and never where it is tried."""

from collections.abc import Iterator

import pytest

from tests.harness.waiting import eventually
from tests.parity.catalogue import CATALOGUE, EQUAL, Equal
from tests.rollout.wrong_stack import Compared, WrongStack

PATH = "/v1/catalogue"
ENDPOINT = f"GET {PATH}"

#: A price that is one cent off.
OFF_BY_ONE = next(number for number, fault in enumerate(CATALOGUE) if fault.wrong == "off by one")


def compare(
    stack: WrongStack, some: str, path: str = PATH, key: str | None = None, **headers: str
) -> Compared:
    fault = {"X-Fault": str(OFF_BY_ONE), "X-For-Some": some}
    return stack.compare("GET", path, key=key, headers=fault | headers)


@pytest.mark.parametrize(
    ("some", "path", "headers"),
    [
        ("who accept gzip", PATH, {"Accept-Encoding": "gzip"}),
        ("on the second page", f"{PATH}?cursor=b3Jk", {}),
        ("with many rows", f"{PATH}?limit=51", {}),
        ("who have the page already", PATH, {"If-None-Match": '"1"'}),
        ("who ask for a language", PATH, {"Accept-Language": "de"}),
    ],
)
def test_it_is_found_at_the_first_such_call(
    wrong_stack: WrongStack, some: str, path: str, headers: dict[str, str]
) -> None:
    assert compare(wrong_stack, some).verdict == "match"

    compared = compare(wrong_stack, some, path, **headers)

    assert compared.verdict == "mismatch"
    assert ("/items/0/price", "value") in compared.places


def test_it_is_found_for_one_kind_of_key(wrong_stack: WrongStack) -> None:
    some = "with a test key"

    assert compare(wrong_stack, some).verdict == "match"
    assert compare(wrong_stack, some, key=wrong_stack.keys.test).verdict == "mismatch"


@pytest.fixture
def stack(wrong_stack: WrongStack) -> Iterator[WrongStack]:
    yield wrong_stack
    wrong_stack.set_stage(ENDPOINT, "django", most_mismatches=5)


@pytest.mark.parametrize("some", ["but not when it is tried", "where it has a pool"])
def test_one_that_knows_a_dry_run_is_found_as_a_canary(stack: WrongStack, some: str) -> None:
    """What callers get is compared itself, so that there is no dry run to be told by."""
    assert compare(stack, some).verdict == "match"
    stack.set_stage(ENDPOINT, "canary", percent=100, most_mismatches=1)
    sent = {"X-Fault": str(OFF_BY_ONE), "X-For-Some": some}

    def is_rolled_back() -> bool:
        stack.ask("GET", PATH, headers=sent)
        # Another edge of this database may not have it, and then it is Django's.
        return stack.stage(ENDPOINT) != "canary"

    assert eventually(is_rolled_back), stack.edge.log.read_text()[-3000:]


@pytest.mark.long
@pytest.mark.parametrize(
    ("number", "equal"), list(enumerate(EQUAL)), ids=[equal.changed for equal in EQUAL]
)
def test_what_no_caller_can_tell_is_a_match(
    wrong_stack: WrongStack, number: int, equal: Equal
) -> None:
    compared = wrong_stack.compare("GET", PATH, headers={"X-Equal": str(number)})

    assert compared.verdict == "match", equal.why
