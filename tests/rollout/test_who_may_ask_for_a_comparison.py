"""A comparison at once is for who knows the parity key; to all others the edge says nothing."""

import hashlib
import hmac

import pytest

from shared_domain.rollout.wire import Purpose, token
from tests.harness.databases import PARITY_KEY
from tests.rollout.stack import an_email
from tests.rollout.wrong_stack import TOKEN, WrongStack

BLIND = "/v1/blind"


@pytest.mark.parametrize(
    "token",
    [
        "1",
        PARITY_KEY,
        TOKEN.upper(),
        f"{TOKEN}, {TOKEN}",
        TOKEN[:-1],
        hmac.new(b"another key", b"portico compare", hashlib.sha256).hexdigest(),
        hashlib.sha256(b"portico compare").hexdigest(),
        "\xfc\xff",
    ],
)
def test_a_wrong_token_does_nothing(wrong_stack: WrongStack, token: str) -> None:
    answer = wrong_stack.ask("GET", BLIND, headers={"Portico-Compare": token})

    assert answer.status == 200
    assert not [name for name in answer.headers if name.lower().startswith("portico")]
    assert answer.headers["X-Heard"] == "False"


@pytest.mark.parametrize("stage", ["django", "shadow", "edge", "retired"])
def test_the_right_one_compares_whatever_the_stage(wrong_stack: WrongStack, stage: str) -> None:
    wrong_stack.set_stage(f"GET {BLIND}", stage)

    compared = wrong_stack.compare("GET", BLIND)

    assert (compared.verdict, compared.shown) == ("match", [])
    assert compared.answer.headers["X-Heard"] == "False"
    wrong_stack.set_stage(f"GET {BLIND}", "django")


def test_an_answer_never_says_more_than_where(wrong_stack: WrongStack) -> None:
    new = {"email": an_email(), "age": 30}

    compared = wrong_stack.compare("POST", "/v1/users", new, wrong="row off by one")

    assert [set(difference) for difference in compared.shown] == [
        {"path", "kind", "django", "edge"}
    ]
    assert set(compared.shown[0]["edge"]) == {"type", "hash"}


def test_it_says_no_more_than_a_header_holds(wrong_stack: WrongStack) -> None:
    path = f"/v1/users/{wrong_stack.a_user()['id']}"

    compared = wrong_stack.compare("GET", path, wrong="much more")

    assert 1 < len(compared.shown) < 20
    assert len(compared.answer.headers["Portico-Differences"]) < 20_000


def test_it_is_not_counted_as_a_call(wrong_stack: WrongStack) -> None:
    calls = wrong_stack.count_so_far("django_calls + edge_calls")

    wrong_stack.compare("GET", BLIND)

    assert wrong_stack.count_so_far("django_calls + edge_calls") == calls


def test_both_headers_of_one_request_are_too_many(wrong_stack: WrongStack) -> None:
    answer = wrong_stack.ask(
        "GET", BLIND, headers={"Portico-Compare": TOKEN, "portico-compare": "x"}
    )

    assert "Portico-Parity" not in answer.headers
    assert answer.headers["X-Heard"] == "False"


def test_written_rows_are_told_to_the_edge_alone(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage("POST /v1/users", "shadow")
    valid = token(Purpose.EFFECTS, PARITY_KEY)

    def told_by(port: int, asked: str) -> str | None:
        answer = wrong_stack.ask(
            "POST",
            "/v1/users",
            {"email": an_email(), "age": 30},
            headers={"X-Portico-Effects": asked},
            port=port,
        )
        assert answer.status == 201
        return answer.headers["X-Portico-Effects"]

    assert told_by(wrong_stack.django_port, valid) is not None
    assert told_by(wrong_stack.django_port, valid[:-1]) is None
    assert told_by(wrong_stack.edge.port, valid) is None
    wrong_stack.set_stage("POST /v1/users", "django")
    assert told_by(wrong_stack.edge.port, valid) is None
