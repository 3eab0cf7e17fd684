"""A comparison at once is for who knows the parity key; to all others the door says nothing."""

import hashlib
import hmac

import pytest

from shared_domain.rollout.wire import Purpose, token
from tests.harness.databases import PARITY_KEY
from tests.rollout.house import an_email
from tests.rollout.wrong_house import TOKEN, WrongHouse

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
def test_a_wrong_token_does_nothing(wrong_house: WrongHouse, token: str) -> None:
    answer = wrong_house.ask("GET", BLIND, headers={"Portico-Compare": token})

    assert answer.status == 200
    assert not [name for name in answer.headers if name.lower().startswith("portico")]
    assert answer.headers["X-Heard"] == "False"


@pytest.mark.parametrize("stage", ["django", "shadow", "edge", "retired"])
def test_the_right_one_compares_whatever_the_stage(wrong_house: WrongHouse, stage: str) -> None:
    wrong_house.set_stage(f"GET {BLIND}", stage)

    compared = wrong_house.compare("GET", BLIND)

    assert (compared.verdict, compared.shown) == ("match", [])
    assert compared.answer.headers["X-Heard"] == "False"
    wrong_house.set_stage(f"GET {BLIND}", "django")


def test_an_answer_never_says_more_than_where(wrong_house: WrongHouse) -> None:
    new = {"email": an_email(), "age": 30}

    compared = wrong_house.compare("POST", "/v1/users", new, wrong="row off by one")

    assert [set(it) for it in compared.shown] == [{"path", "kind", "django", "edge"}]
    assert set(compared.shown[0]["edge"]) == {"type", "hash"}


def test_it_says_no_more_than_a_header_holds(wrong_house: WrongHouse) -> None:
    path = f"/v1/users/{wrong_house.a_user()['id']}"

    compared = wrong_house.compare("GET", path, wrong="much more")

    assert 1 < len(compared.shown) < 20
    assert len(compared.answer.headers["Portico-Differences"]) < 20_000


def test_it_is_not_counted_as_a_call(wrong_house: WrongHouse) -> None:
    calls = wrong_house.count_so_far("django_calls + edge_calls")

    wrong_house.compare("GET", BLIND)

    assert wrong_house.count_so_far("django_calls + edge_calls") == calls


def test_both_headers_of_one_request_are_too_many(wrong_house: WrongHouse) -> None:
    answer = wrong_house.ask(
        "GET", BLIND, headers={"Portico-Compare": TOKEN, "portico-compare": "x"}
    )

    assert "Portico-Parity" not in answer.headers
    assert answer.headers["X-Heard"] == "False"


def test_written_rows_are_told_to_the_edge_alone(wrong_house: WrongHouse) -> None:
    wrong_house.set_stage("POST /v1/users", "shadow")
    valid = token(Purpose.EFFECTS, PARITY_KEY)

    def told_by(port: int, asked: str) -> str | None:
        answer = wrong_house.ask(
            "POST",
            "/v1/users",
            {"email": an_email(), "age": 30},
            headers={"X-Portico-Effects": asked},
            port=port,
        )
        assert answer.status == 201
        return answer.headers["X-Portico-Effects"]

    assert told_by(wrong_house.site_port, valid) is not None
    assert told_by(wrong_house.site_port, valid[:-1]) is None
    assert told_by(wrong_house.door.port, valid) is None
    wrong_house.set_stage("POST /v1/users", "django")
    assert told_by(wrong_house.door.port, valid) is None
