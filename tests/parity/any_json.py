"""Any JSON, and any one change of it."""

from typing import Any

from hypothesis import strategies as st

#: Few names and small numbers, so that lists repeat themselves and objects resemble each other.
names = st.sampled_from(["id", "name", "price", "items", "requestId", "a/b", "7", "~", ""])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["2026-01-01T10:00:00Z", "5b1f9a1e-52a3-4d9c-9a53-6f2b6f0b8a11"])
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)

Step = tuple[str, Any]


def ways(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to each value inside, the whole one first."""
    found = [way]
    if isinstance(value, dict):
        for key, member in value.items():
            found += ways(member, (*way, key))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            found += ways(member, (*way, place))
    return found


def changed(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    """Return a copy with the value at the end of the way replaced."""
    if not way:
        return new
    if isinstance(value, dict):
        return value | {way[0]: changed(value[way[0]], way[1:], new)}
    members = list(value)
    members[way[0]] = changed(members[way[0]], way[1:], new)
    return members


def at(value: Any, way: tuple[Any, ...]) -> Any:
    for step in way:
        value = value[step]
    return value


def same(one: Any, other: Any) -> bool:
    """Compare as JSON does: 1, 1.0 and true are three things."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
