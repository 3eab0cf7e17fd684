"""Of a difference, the place, the type, the length and a keyed hash are kept; never the value."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_domain.parity.comparison import ABSENT, Difference, Kind, compare
from shared_domain.parity.redaction import redact
from shared_domain.parity.rules import NO_RULES, Rules
from tests.parity.any_json import changed, json_values, ways
from tests.parity.sides import CSV, answered, inserted, raw, ruled

KEY = b"a key of thirty-two bytes, or so"
SECRETS = [
    "ann.smith@example.com",
    "+44 7700 900123",
    "447700900123",
    "Zoë of Ålesund",
    'quoted "and" / slashed ~ name',
]


def kept(difference: Difference, rules: Rules = NO_RULES) -> dict[str, Any]:
    return redact(difference, key=KEY, rules=rules)


def test_a_text() -> None:
    shown = kept(Difference("/items/3/name", Kind.VALUE, "Ann", "Anne"))

    assert (shown["path"], shown["kind"]) == ("/items/3/name", "value")
    assert (shown["django"]["type"], shown["django"]["length"]) == ("text", 3)
    assert (shown["edge"]["type"], shown["edge"]["length"]) == ("text", 4)
    assert shown["django"]["hash"] != shown["edge"]["hash"]
    assert len(shown["django"]["hash"]) == 12


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (ABSENT, {"type": "absent"}),
        (None, {"type": "null"}),
        ([1, 2, 3], {"type": "list", "length": 3}),
        ({"b": 1, "a": 2, "ann@example.com": 3}, {"type": "object", "keys": ["a", "b"]}),
    ],
)
def test_what_has_no_value_to_hide(value: object, shown: dict[str, object]) -> None:
    assert kept(Difference("/a", Kind.TYPE, value, value))["django"] == shown


@pytest.mark.parametrize("value", [5, Decimal("5.00"), True, "5", b"5"])
def test_a_hash_says_same_or_not_to_a_holder_of_the_key(value: object) -> None:
    one, same, other = (
        redact(Difference("/a", Kind.VALUE, value, value), key=key, rules=NO_RULES)["django"]
        for key in (KEY, KEY, b"another key")
    )

    assert set(one) <= {"type", "length", "hash"}
    assert one == same != other


def test_values_in_clear_only_where_the_rules_call_them_public() -> None:
    rules = ruled(public=frozenset({"/items/*/status"}))

    public = kept(Difference("/items/3/status", Kind.VALUE, "HELD", "FREE"), rules)
    private = kept(Difference("/items/3/name", Kind.VALUE, "HELD", "FREE"), rules)

    assert public["django"] == {"type": "text", "value": "HELD"}
    assert "HELD" not in json.dumps(private)


def test_a_public_path_says_nothing_of_what_is_below_it() -> None:
    rules = ruled(public=frozenset({"/guest"}))

    shown = kept(Difference("/guest", Kind.MISSING, {"email": "ann@example.com"}, ABSENT), rules)

    assert shown["django"] == {"type": "object", "keys": ["email"]}


def test_a_status_a_media_type_and_an_action_are_public() -> None:
    status = kept(Difference("status", Kind.STATUS, 200, 500))
    media_type = kept(Difference("header:content-type", Kind.HEADER, "text/csv", "text/html"))
    action = kept(Difference("rows:users_user/0", Kind.VALUE, "insert", "update"))

    assert (status["django"]["value"], status["edge"]["value"]) == (200, 500)
    assert media_type["edge"]["value"] == "text/html"
    assert action["django"]["value"] == "insert"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/items/3/price", "/items/3/price"),
        ("/", "/"),
        ("/guests/ann@example.com/age", "/guests/{key}/age"),
        ("/phones/~2447700900123", "/phones/{key}"),
        ("/a~1b", "/{key}"),
        ("/keys/pk_live_" + 38 * "a", "/keys/{key}"),
        ("/of/c451995e1cda4b98b8b70c2f7670d7f9", "/of/{key}"),
        ("/iso3166_1_alpha2", "/iso3166_1_alpha2"),
        ("rows:users_user/0/age", "rows:users_user/0/age"),
        ("rows:users_user/0/data/ann smith", "rows:users_user/0/data/{key}"),
        ("header:location", "header:location"),
        ("body:3", "body:3"),
    ],
)
def test_a_key_that_is_no_field_name_is_not_in_the_path(path: str, shown: str) -> None:
    difference = Difference(path, Kind.VALUE, 1, 2)

    assert kept(difference)["path"] == shown
    assert all(word not in difference.group[0] for word in ("ann", "447700900123", "~"))


@given(json_values, st.sampled_from(SECRETS), st.data())
def test_no_secret_is_ever_kept(value: Any, secret: str, data: st.DataObject) -> None:
    way = data.draw(st.sampled_from(ways(value)))
    hidden = data.draw(st.sampled_from([secret, {secret: 1}, [secret, {secret: {secret: secret}}]]))
    ours = answered(value, ("location", "/"), effects=(inserted("a_row", data=value, note="x"),))
    theirs = answered(
        changed(value, way, hidden),
        ("location", secret.encode().decode("latin-1")),
        effects=(inserted("a_row", data=hidden, note=secret),),
    )

    for one, other in ((ours, theirs), (theirs, ours)):
        found = compare(one, other, NO_RULES, is_write=True)
        stored = json.dumps([kept(difference) for difference in found], ensure_ascii=False)
        assert found
        assert secret not in stored
        assert json.dumps(secret)[1:-1] not in stored
        assert all(secret not in repr(difference) for difference in found)


def test_no_secret_of_a_text_or_of_bytes_is_kept() -> None:
    for kind in (CSV, ("content-type", "image/png")):
        ours, theirs = raw(b"ann@example.com,1", kind), raw(b"bob@example.com,1", kind)

        stored = json.dumps(
            [kept(found) for found in compare(ours, theirs, NO_RULES, is_write=False)]
        )

        assert "example" not in stored
