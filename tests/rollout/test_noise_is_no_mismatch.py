"""What Django itself says differently each time is learned, and says nothing about the edge."""

import pytest

from tests.harness.waiting import eventually
from tests.rollout.wrong_stack import WrongStack

FEED = "/v1/feed"

#: What every answer of the feed makes anew.
RESTLESS = {
    ("/at", "value"),
    ("/token", "value"),
    ("/luck", "value"),
    ("/entries", "order"),
    ("header:x-ticket", "header"),
}

#: Until it is learned, nothing can be said. That takes the longer the more is written meanwhile, in
#: any database of the server.
MOST_COMPARISONS = 300

#: So many in a row agree when everything is learned: each answer differs in every restless place.
ENOUGH = 20


@pytest.fixture(scope="module")
def verdicts(wrong_stack: WrongStack) -> list[str]:
    verdicts: list[str] = []
    while verdicts[-ENOUGH:] != ["match"] * ENOUGH and len(verdicts) < MOST_COMPARISONS:
        verdicts.append(wrong_stack.compare("GET", FEED).verdict)
    return verdicts


def test_it_raises_no_alarm(verdicts: list[str]) -> None:
    assert set(verdicts) == {"undecided", "match"}
    assert verdicts[-ENOUGH:] == ["match"] * ENOUGH


def test_it_is_stored(wrong_stack: WrongStack, verdicts: list[str]) -> None:
    def learned() -> set[tuple[str, str]]:
        rows = wrong_stack.rows(
            "SELECT n.path, n.kind FROM endpoints_noise n JOIN endpoints_endpoint e"
            " ON e.id = n.endpoint_id WHERE e.path_template = %s",
            FEED,
        )
        return {(row[0], row[1]) for row in rows}

    assert eventually(lambda: learned() == RESTLESS), learned()


def test_a_mistake_is_found_all_the_same(wrong_stack: WrongStack, verdicts: list[str]) -> None:
    assert verdicts
    compared = wrong_stack.compare("GET", FEED, wrong="one cent")

    assert (compared.verdict, compared.places) == ("mismatch", {("/price", "value")})
    assert wrong_stack.compare("GET", FEED, wrong="missing token").places == {("/token", "missing")}


def test_every_process_goes_by_what_is_stored(wrong_stack: WrongStack) -> None:
    wrong_stack.learn_noise("GET /v1/packed", "/rows/*/number", "value")
    wrong_stack.set_stage("GET /v1/packed", "shadow")

    compared = wrong_stack.compare("GET", "/v1/packed?rows=5", wrong="one more")

    assert compared.verdict == "match"
    wrong_stack.forget_noise("/rows/*/number")
    wrong_stack.set_stage("GET /v1/packed", "django")
