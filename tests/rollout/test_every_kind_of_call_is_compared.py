"""HEAD and OPTIONS, failures and encoded answers are compared, or counted as what they are."""

import pytest

from tests.harness.waiting import eventually
from tests.rollout.wrong_stack import WrongStack


@pytest.mark.parametrize(
    ("wrong", "places"),
    [("unavailable", {("status", "status")}), ("breaks off", {("status", "status")})],
)
def test_an_answer_that_fails_is_a_wrong_one(
    wrong_stack: WrongStack, wrong: str, places: set[tuple[str, str]]
) -> None:
    """A 503 that the endpoint gives by itself is none of a database that is away."""
    path = f"/v1/users/{wrong_stack.a_user()['id']}"

    compared = wrong_stack.compare("GET", path, wrong=wrong)

    assert (compared.verdict, compared.places) == ("mismatch", places)


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        ("other status", ("status", "status")),
        ("other header", ("header:cache-control", "header")),
        ("breaks", ("status", "status")),
    ],
)
def test_head_is_compared_by_status_and_headers(
    wrong_stack: WrongStack, wrong: str, places: tuple[str, str]
) -> None:
    path = f"/v1/users/{wrong_stack.a_user()['id']}"

    right, spoiled = (wrong_stack.compare("HEAD", path, wrong=how) for how in ("", wrong))

    assert (right.answer.status, right.answer.text, right.verdict) == (200, "", "match")
    assert (spoiled.answer.status, spoiled.verdict) == (200, "mismatch")
    assert places in spoiled.places


def test_head_has_no_body_that_could_differ(wrong_stack: WrongStack) -> None:
    path = f"/v1/users/{wrong_stack.a_user()['id']}"

    assert wrong_stack.compare("HEAD", path, wrong="one more").verdict == "match"


def test_options_are_compared_by_status_headers_and_body(wrong_stack: WrongStack) -> None:
    """Both halves refuse it, each in words of its own, which one endpoint declares as such."""
    declared = wrong_stack.compare("OPTIONS", "/v1/packed?rows=5")
    more_allowed = wrong_stack.compare("OPTIONS", "/v1/packed?rows=5", wrong="other Allow")
    undeclared = wrong_stack.compare("OPTIONS", "/v1/feed")

    assert {comparison.answer.status for comparison in (declared, more_allowed, undeclared)} == {
        405
    }
    assert (declared.verdict, declared.places) == ("match", set())
    assert (more_allowed.verdict, more_allowed.places) == (
        "mismatch",
        {("header:allow", "header")},
    )
    assert (undeclared.verdict, undeclared.places) == ("mismatch", {("/detail", "value")})


@pytest.mark.parametrize(
    ("method", "path", "wrong"),
    [
        ("HEAD", "/v1/users?limit=1", "other status"),
        ("OPTIONS", "/v1/packed?rows=5", "other Allow"),
    ],
)
def test_in_shadow_both_are_compared_without_asking_for_it(
    wrong_stack: WrongStack, method: str, path: str, wrong: str
) -> None:
    name = f"GET {path.partition('?')[0]}"
    wrong_stack.set_stage(name, "shadow")

    answers = [
        wrong_stack.ask(method, path, headers={"X-Be-Wrong": how} if how else {})
        for how in ("", wrong)
    ]

    assert [wrong_stack.verdict_on(answer) for answer in answers] == ["match", "mismatch"]
    wrong_stack.set_stage(name, "django")


def test_what_nothing_decodes_is_asked_for_without_encoding(wrong_stack: WrongStack) -> None:
    headers = {"Accept-Encoding": "br"}
    packed = "/v1/packed?rows=5"

    wrong_stack.set_stage("GET /v1/packed", "shadow")
    right = wrong_stack.ask("GET", packed, headers=headers)
    wrong = wrong_stack.ask("GET", packed, headers=headers | {"X-Be-Wrong": "one more"})

    assert right.headers["Content-Encoding"] == "br"
    assert wrong_stack.verdict_on(right) == "match"
    assert wrong_stack.verdict_on(wrong) == "mismatch"
    wrong_stack.set_stage("GET /v1/packed", "django")


def test_each_says_what_it_stands_for(wrong_stack: WrongStack) -> None:
    answer = wrong_stack.compare("GET", "/v1/users?limit=1").answer
    covers = "SELECT covers FROM endpoints_paritycheck WHERE request_id = %s"
    request_id = answer.headers["X-Request-Id"]

    assert eventually(lambda: bool(wrong_stack.rows(covers, request_id)))
    tokens = wrong_stack.value(covers, request_id).split(" ")
    assert tokens[:3] == ["method:GET", "status:200", "parameter:limit"]
    assert tokens[3] in ("page:first", "page:only")
