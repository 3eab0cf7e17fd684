"""Whatever the JSON: the same is the same, and any one change is found where it is."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared_domain.endpoints.comparing import compare
from shared_domain.endpoints.differences import key_segment
from shared_domain.endpoints.rules import NO_RULES
from shared_domain.endpoints.self_test import with_injected_difference
from tests.comparing.any_json import at, changed, json_values, names, same, ways
from tests.comparing.sides import answered, in_reads, in_writes, inserted


@given(json_values, st.booleans())
def test_the_same_is_the_same(value: Any, is_write: bool) -> None:
    ours, theirs = (
        answered(value, effects=(inserted("a_row", id=1, data=value),)) for _ in range(2)
    )

    assert compare(ours, theirs, NO_RULES, is_write=is_write) == []


@settings(max_examples=300)
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
        path = "/".join(["", *map(key_segment, way)])
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


@given(json_values, st.data())
def test_another_order_is_found(value: Any, data: st.DataObject) -> None:
    lists = [way for way in ways(value) if isinstance(at(value, way), list)]
    assume(lists)
    way = data.draw(st.sampled_from(lists))
    assume("requestId" not in way)
    other = data.draw(st.permutations(at(value, way)))
    assume(not same(at(value, way), other))

    assert in_reads(value, changed(value, way, other))


@given(json_values, st.booleans())
def test_an_injected_difference_is_found_where_it_was_put(value: Any, is_write: bool) -> None:
    outcome = answered(value)

    wrong, path = with_injected_difference(outcome)

    found = [place.path for place in compare(outcome, wrong, NO_RULES, is_write=is_write)]
    assert path in found


@given(json_values, json_values)
def test_any_two_outcomes_can_be_compared(one: Any, other: Any) -> None:
    ours = answered(one, effects=(inserted("a_row", id=1, data=one),))
    theirs = answered(other, effects=(inserted("a_row", id=2, data=other),))

    assert len(in_writes(ours, theirs)) <= 100


def _has(value: Any, name: str) -> bool:
    return any(name in way for way in ways(value))
