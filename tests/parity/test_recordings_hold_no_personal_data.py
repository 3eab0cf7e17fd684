"""A sanitised recording has the shape and the relations of the real one, and no personal data."""

import json
import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_domain import contact_data
from shared_domain.parity.anonymise import anonymised_json
from shared_domain.parity.rules import NO_RULES
from tests.parity.any_json import changed, json_values, ways
from tests.parity.sides import ruled
from tests.parity.test_what_is_kept_gives_nothing_away import KEY, SECRETS


def sanitised(value: object, key: bytes = KEY) -> Any:
    return anonymised_json(value, key=key, rules=NO_RULES)


def test_the_shape_stays() -> None:
    made = sanitised({"name": "Ann", "items": [{"n": 12, "ok": True, "none": None}, "x"]})

    assert list(made) == ["name", "items"]
    assert (len(made["name"]), made["name"].isalpha()) == (3, True)
    assert (10 <= made["items"][0]["n"] < 100, made["items"][0]["ok"]) == (True, True)
    assert made["items"][0]["none"] is None


def test_relations_survive() -> None:
    made = sanitised([{"email": "ann@example.com"}, {"to": "ann@example.com"}, "bob@example.com"])

    assert made[0]["email"] == made[1]["to"] != made[2]
    assert sanitised("ann@example.com") == made[0]["email"]
    assert sanitised("ann@example.com", b"another key") != made[0]["email"]


def is_address(text: str) -> bool:
    try:
        return bool(contact_data.normalise_email(text))
    except contact_data.InvalidText:
        return False


@pytest.mark.parametrize(
    "address", ["a@b", "ab@c.de", "ann@x.org", "ann.smith+tours@mail.example.com"]
)
def test_an_address_becomes_an_invented_one_of_the_same_length(address: str) -> None:
    made = sanitised(address)

    assert made != address
    assert len(made) == len(address)
    assert re.fullmatch(r"[a-z]+@[a-z.]+", made)
    assert made.endswith(".example") or re.search(r"@[q.]+$", made)
    assert is_address(made) == is_address(address)


def test_a_uuid_becomes_a_uuid_of_the_same_version() -> None:
    real = "5b1f9a1e-52a3-4d9c-9a53-6f2b6f0b8a11"

    made = sanitised(real)

    assert made != real
    assert (UUID(made).version, UUID(made).variant) == (4, UUID(real).variant)
    assert sanitised(real.upper()) == made.upper()


def test_dates_move_together_by_whole_weeks() -> None:
    made = sanitised({"on": "2026-05-01", "at": "2026-05-03T10:20:30.5Z", "far": "9999-12-31"})
    on, at = date.fromisoformat(made["on"]), datetime.fromisoformat(made["at"])

    assert made["on"] != "2026-05-01"
    assert (at.date() - on).days == 2
    assert (on - date(2026, 5, 1)).days % 7 == 0
    assert made["at"].endswith("T10:20:30.5Z")
    assert len(made["far"]) == 10


@pytest.mark.parametrize("number", [7, -42, 1200, 10**30, 12.5, -0.05, 99.99, 1e22, 1.5e-7])
def test_a_number_keeps_its_kind_its_sign_and_its_digits(number: float) -> None:
    made = sanitised(number)

    assert type(made) is type(number)
    assert (made < 0) is (number < 0)
    if isinstance(number, int):
        assert len(str(made)) == len(str(number))
    assert 0.09 < made / number < 11


def test_zero_stays_zero() -> None:
    assert [sanitised(number) for number in (0, 0.0)] == [0, 0.0]


@pytest.mark.parametrize("text", ["41", "10.50", "-3"])
def test_a_number_written_as_text_stays_one(text: str) -> None:
    assert re.fullmatch(re.sub(r"\d", r"\\d", text), sanitised(text))


def test_what_is_public_stays() -> None:
    rules = ruled(public=frozenset({"/items/*/status", "/on"}))
    value = {"items": [{"status": "HELD", "name": "HELD"}], "on": "2026-05-01"}

    made = anonymised_json(value, key=KEY, rules=rules)

    assert made["items"][0]["status"] == "HELD"
    assert made["items"][0]["name"] != "HELD"
    assert made["on"] == "2026-05-01"


def test_keys_that_are_data_are_replaced_and_none_is_lost() -> None:
    real = {"ann@x.org": 1, "2026-05-01": 2, "a b": 3, "c d": 4, "name": 5}

    made = sanitised(real)

    assert len(made) == len(real)
    assert set(made) & set(real) == {"name"}


@given(json_values, st.sampled_from(SECRETS), st.data())
def test_no_secret_survives(value: Any, secret: str, data: st.DataObject) -> None:
    way = data.draw(st.sampled_from(ways(value)))
    hidden = data.draw(st.sampled_from([secret, {secret: 1}, [secret, {"a": {secret: secret}}]]))

    made = json.dumps(sanitised(changed(value, way, hidden)), ensure_ascii=False)

    assert secret not in made
    assert json.dumps(secret)[1:-1] not in made


@given(json_values)
def test_the_same_input_gives_the_same_output(value: Any) -> None:
    assert json.dumps(sanitised(value)) == json.dumps(sanitised(value))
