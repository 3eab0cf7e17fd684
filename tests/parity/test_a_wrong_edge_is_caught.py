"""An edge that differs in one thing is caught with the path of exactly that thing."""

import pytest

from shared_domain.parity.comparison import ABSENT, Kind, compare
from shared_domain.parity.confirmation import drop_noise
from shared_domain.parity.rules import NO_RULES
from tests.parity.sides import (
    CSV,
    a_copy,
    answered,
    in_reads,
    in_writes,
    inserted,
    places,
    raw,
    updated,
)

CART = {
    "reference": "C-1",
    "total": 2500.0,
    "paid": True,
    "items": [{"sku": f"s{n}", "price": 500 + n, "tags": ["a", "b"]} for n in range(5)],
}

CONFIRMED = {"id": 7, "status": "CONFIRMED", "places": 3}
EVENT = {"id": 40, "type": "booking.confirmed", "data": {"places": 3}}


def test_the_same_is_the_same() -> None:
    assert in_reads(CART, CART) == []


def test_one_cent_off() -> None:
    wrong = a_copy(CART)
    wrong["items"][3]["price"] += 1

    (found,) = compare(answered(CART), answered(wrong), NO_RULES, is_write=False)

    assert (found.path, found.kind) == ("/items/3/price", Kind.VALUE)
    assert (found.django, found.edge) == (503, 504)
    assert found.group == ("/items/*/price", Kind.VALUE)


def test_a_missing_field() -> None:
    wrong = a_copy(CART)
    del wrong["items"][2]["sku"]

    assert in_reads(CART, wrong) == [("/items/2/sku", "missing")]
    assert in_reads(wrong, CART) == [("/items/2/sku", "extra")]


def test_null_is_not_missing() -> None:
    assert in_reads({"a": None}, {}) == [("/a", "missing")]


@pytest.mark.parametrize(
    ("django", "edge"),
    [(1, "1"), (1, 1.0), (0, False), (None, ""), ([], {}), (1, True), (None, 0)],
)
def test_another_type(django: object, edge: object) -> None:
    assert in_reads({"a": django}, {"a": edge}) == [("/a", "type")]
    assert in_reads({"a": edge}, {"a": django}) == [("/a", "type")]


def test_numbers_are_exact() -> None:
    digits = "0.1000000000000000000000000000000000001"
    ours, theirs = (
        raw(f'{{"a": {number}}}'.encode(), ("content-type", "application/json"))
        for number in ("0.1", digits)
    )

    assert places(compare(ours, theirs, NO_RULES, is_write=False)) == [("/a", "value")]
    assert in_reads({"a": 2**70}, {"a": 2**70 + 1}) == [("/a", "value")]


def test_another_status() -> None:
    assert in_writes(answered(CART, status=201), answered(CART)) == [("status", "status")]


def test_of_another_class_of_status_the_answer_is_not_compared() -> None:
    failed = answered({"detail": "no"}, ("retry-after", "1"), status=500)

    assert in_writes(answered(CART), failed) == [("status", "status")]


@pytest.mark.parametrize(
    ("name", "django", "edge"),
    [
        ("location", "/v1/users/1", "/v1/users/2"),
        ("cache-control", "no-store", "max-age=60"),
        ("retry-after", "5", None),
        ("octo-capabilities", None, "octo/pricing"),
        ("x-total-count", "10", "11"),
        ("content-type", "application/json", "application/problem+json"),
    ],
)
def test_a_header_that_matters(name: str, django: str | None, edge: str | None) -> None:
    ours, theirs = (
        raw(b"{}", *(() if value is None else ((name, value),))) for value in (django, edge)
    )

    found = compare(ours, theirs, NO_RULES, is_write=False)

    assert (f"header:{name}", "header") in places(found)
    assert found[0].edge == (ABSENT if edge is None else edge)


def test_a_missing_event() -> None:
    booking = inserted("bookings_booking", **CONFIRMED)
    ours = answered({}, effects=(booking, inserted("events_event", **EVENT)))
    theirs = answered({}, effects=(booking,))

    assert in_writes(ours, theirs) == [("rows:events_event/0", "missing")]


def test_an_extra_row() -> None:
    first = inserted("bookings_booking", **CONFIRMED)
    second = inserted("bookings_booking", **(CONFIRMED | {"id": 8}))

    found = in_writes(answered({}, effects=(first,)), answered({}, effects=(first, second)))

    assert found == [("rows:bookings_booking/1", "extra")]


def test_one_missing_row_of_many_is_the_only_difference() -> None:
    rows = [inserted("bookings_unititem", id=n, position=n) for n in range(6)]
    ours = answered({}, effects=tuple(rows))
    theirs = answered({}, effects=(*rows[:2], *rows[3:]))

    assert in_writes(ours, theirs) == [("rows:bookings_unititem/2", "missing")]


def test_a_column_that_differs() -> None:
    ours = answered({}, effects=(updated("users_user", id=4, age=30),))
    theirs = answered({}, effects=(updated("users_user", id=4, age=31),))

    assert in_writes(ours, theirs) == [("rows:users_user/0/age", "value")]


def test_within_a_column_of_json() -> None:
    ours = answered({}, effects=(inserted("events_event", **EVENT),))
    theirs = answered({}, effects=(inserted("events_event", **(EVENT | {"data": {"places": 2}})),))

    assert in_writes(ours, theirs) == [("rows:events_event/0/data/places", "value")]


def test_an_update_is_no_insert() -> None:
    ours = answered({}, effects=(inserted("users_user", id=4),))
    theirs = answered({}, effects=(updated("users_user", id=4),))

    assert in_writes(ours, theirs) == [("rows:users_user/0", "value")]


def test_effects_that_were_not_compared_say_nothing() -> None:
    ours = answered({}, effects=(inserted("users_user", id=4),))

    assert in_writes(ours, answered({})) == []


def test_the_first_line_that_differs_of_a_text() -> None:
    ours = raw(b"month,owed\n2026-01,10.00\n2026-02,12.00\n", CSV)
    theirs = raw(b"month,owed\n2026-01,10.00\n2026-02,12.01\n", CSV)

    assert in_writes(ours, theirs) == [("body:3", "bytes")]


def test_a_text_that_ends_too_early() -> None:
    assert in_writes(raw(b"a\nb\n", CSV), raw(b"a\n", CSV)) == [("body:2", "bytes")]


def test_other_bytes() -> None:
    image = ("content-type", "image/png")

    assert in_writes(raw(b"\x89PNG1", image), raw(b"\x89PNG2", image)) == [("body", "bytes")]


def test_an_empty_body_is_no_json() -> None:
    assert in_reads({}, {}) == []
    assert in_writes(answered({}), raw(b"", ("content-type", "application/json"))) == [
        ("body", "bytes")
    ]


def test_a_thousand_are_named_at_most_and_no_part_hides_another() -> None:
    wide = {f"f{n}": n for n in range(2_000)}
    rows = tuple(inserted("a_row", id=n, value=n) for n in range(300))
    other_rows = tuple(inserted("a_row", id=n, value=n + 1) for n in range(300))
    ours = answered(wide, ("x-a", "1"), effects=rows)
    theirs = answered({key: value + 1 for key, value in wide.items()}, effects=other_rows)

    found = in_writes(ours, theirs)

    assert 1_000 < len(found) <= 1_100
    assert ("header:x-a", "header") in found
    assert ("rows:a_row/0/value", "value") in found


def test_what_is_noise_hides_nothing_that_comes_after_it() -> None:
    """However often the noise differs: a bound for all of it together would be used up first."""
    page = {"rows": [{"id": n, "seen": n} for n in range(3_000)], "next": "b"}
    wrong = {"rows": [{"id": n, "seen": -1 - n} for n in range(3_000)], "next": "c"}

    found = compare(answered(page), answered(wrong), NO_RULES, is_write=False)

    assert [one.path for one in drop_noise(found, {("/rows/*/seen", Kind.VALUE)})] == ["/next"]


def test_noise_in_one_line_of_a_text_hides_no_other_line() -> None:
    ours, theirs = raw(b"made at 9\na;1\nb;2\n", CSV), raw(b"made at 8\na;1\nb;3\n", CSV)

    found = compare(ours, theirs, NO_RULES, is_write=False)

    assert [one.path for one in drop_noise(found, {("body:1", Kind.BYTES)})] == ["body:3"]


def test_a_line_more_is_one_difference() -> None:
    ours, theirs = raw(b"a\nb\nc\n", CSV), raw(b"a\nx\nb\nc\n", CSV)

    assert in_writes(ours, theirs) == [("body:2", "bytes")]
    assert in_writes(raw(b"a\nb\n", CSV), raw(b"b\na\n", CSV)) == [("body", "bytes")]


def test_a_difference_in_a_log_gives_nothing_away() -> None:
    ours, theirs = answered({"ann@example.com": "secret"}), answered({"ann@example.com": "hidden"})

    (found,) = compare(ours, theirs, NO_RULES, is_write=False)
    shown = repr((found, ours, theirs))

    assert not any(word in shown for word in ("ann", "secret", "hidden"))
