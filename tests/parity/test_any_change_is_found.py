"""Whatever the JSON: the same is the same, and any one change is found where it is."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared_domain.parity.anonymise import anonymised_json
from shared_domain.parity.bodies import exact_json
from shared_domain.parity.comparison import compare
from shared_domain.parity.differences import Difference, Kind, escape_key
from shared_domain.parity.fault_injection import injected_differences, is_found
from shared_domain.parity.redaction import redact
from shared_domain.parity.rules import NO_RULES, Match
from tests.parity.any_json import at, changed, json_values, names, same, ways
from tests.parity.sides import JSON, answered, in_reads, inserted, raw, ruled


@given(json_values, st.booleans())
def test_the_same_is_the_same(value: Any, is_write: bool) -> None:
    ours, theirs = (
        answered(value, effects=(inserted("a_row", id=1, data=value),)) for _ in range(2)
    )

    assert compare(ours, theirs, NO_RULES, is_write=is_write) == []


@given(json_values, json_values, st.data())
def test_another_value_is_found_at_or_below_its_path(
    value: Any, new: Any, data: st.DataObject
) -> None:
    way = data.draw(st.sampled_from(ways(value)))
    assume(not same(at(value, way), new))
    # A request id is another in each answer.
    assume("requestId" not in way and not _has(new, "requestId"))
    assume(not _has(at(value, way), "requestId"))

    found = in_reads(value, changed(value, way, new))

    assert found
    if all(isinstance(part, str) for part in way):
        path = "/".join(["", *map(escape_key, way)])
        assert all((found_path + "/").startswith(path) for found_path, _ in found)


@given(json_values, st.data())
def test_a_missing_or_extra_field_is_found(value: Any, data: st.DataObject) -> None:
    objects = [way for way in ways(value) if isinstance(at(value, way), dict)]
    assume(objects)
    way = data.draw(st.sampled_from(objects))
    name = data.draw(names)
    members = at(value, way)
    assume(name not in members)

    more = changed(value, way, members | {name: None})

    kinds = {kind for _, kind in in_reads(value, more)}
    assert kinds
    if all(isinstance(part, str) for part in way):
        assert kinds == {"extra"}
    assert in_reads(more, value)


@given(
    st.fixed_dictionaries({"items": st.lists(json_values, min_size=2), "page": json_values}),
    st.data(),
)
def test_another_order_is_found(value: Any, data: st.DataObject) -> None:
    lists = [way for way in ways(value) if isinstance(at(value, way), list)]
    way = data.draw(st.sampled_from(lists))
    assume("requestId" not in way)
    other = data.draw(st.permutations(at(value, way)))
    assume(not same(at(value, way), other))

    assert in_reads(value, changed(value, way, other))


@given(json_values, st.booleans())
def test_an_injected_difference_is_found_where_it_was_put(value: Any, is_write: bool) -> None:
    outcome = answered(value)

    wrong, path = injected_differences(outcome)[0]

    assert is_found(path, compare(outcome, wrong, NO_RULES, is_write=is_write))


def test_a_difference_beside_an_injected_one_does_not_pass_for_it() -> None:
    beside = [Difference("/items/1/price", Kind.VALUE, 1, 2)]

    assert is_found("/items/1/price", beside)
    assert not is_found("/items/0/price", beside)
    assert not is_found("/items/1/prices", beside)


patterns = st.sampled_from(
    ["/", "/*", "/items", "/items/*", "/*/price", "/id", "rows:a_row/*/data", "rows:a_row/*"]
)


@given(
    json_values,
    json_values,
    st.lists(st.tuples(patterns, st.sampled_from(Match)), max_size=4),
    st.booleans(),
)
def test_any_two_outcomes_can_be_compared(
    one: Any, other: Any, rules: list[tuple[str, Match]], is_write: bool
) -> None:
    ours = answered(one, effects=(inserted("a_row", id=1, data=one),))
    theirs = answered(other, effects=(inserted("a_row", id=2, data=other),))

    assert compare(ours, ours, ruled(*rules), is_write=is_write) == []
    assert len(compare(ours, theirs, ruled(*rules), is_write=is_write)) <= 1_100


@pytest.mark.parametrize("is_write", [False, True])
@pytest.mark.parametrize("text", ["9" * 5_000, "\ud800", "\x00", "٣" * 30, "1e999999", "=" * 50])
def test_odd_texts_are_texts(text: str, is_write: bool) -> None:
    for name in ("id", "nextCursor", "userId", "requestId", "a"):
        ours, theirs = answered({name: text}), answered({name: text + "1"})

        assert compare(ours, ours, NO_RULES, is_write=is_write) == []
        compare(ours, theirs, ruled((f"/{name}", Match.DECIMAL)), is_write=is_write)
        found = compare(ours, theirs, ruled((f"/{name}", Match.INSTANT)), is_write=is_write)
        json.dumps([redact(one, key=b"key", rules=NO_RULES) for one in found]).encode()
        json.dumps(anonymised_json({name: text}, key=b"key", rules=NO_RULES)).encode()


@pytest.mark.parametrize("number", ["1e9999999", "-1e-9999999", "0.1e400", "9" * 4_000])
def test_numbers_beyond_reason_are_numbers(number: str) -> None:
    ours = raw(f'{{"n": {number}}}'.encode(), JSON)

    wrong, path = injected_differences(ours)[0]
    found = compare(ours, wrong, NO_RULES, is_write=False)

    assert [difference.path for difference in found] == [path]
    json.dumps([redact(one, key=b"key", rules=NO_RULES) for one in found])
    sanitised = anonymised_json(exact_json(ours.response.body), key=b"key", rules=NO_RULES)
    assert "Infinity" not in json.dumps(sanitised)


def _has(value: Any, name: str) -> bool:
    return any(name in way for way in ways(value))
