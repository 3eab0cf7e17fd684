"""What no caller can tell apart is the same; what a rule declares, too, and nothing beyond it."""

import gzip
from decimal import Decimal

import pytest

from shared_domain.parity.comparison import Kind, compare
from shared_domain.parity.confirmation import drop_noise
from shared_domain.parity.rules import NO_RULES, Match, Rule, Rules
from tests.parity.sides import JSON, answered, in_reads, in_writes, places, raw, ruled


def test_the_order_of_keys() -> None:
    assert in_reads({"a": 1, "b": [{"c": 1, "d": 2}]}, {"b": [{"d": 2, "c": 1}], "a": 1}) == []


def test_the_spelling_of_json() -> None:
    ours = raw('{"name": "Zoë", "a": 1.50}'.encode(), JSON)
    theirs = raw(b'{ "a":1.5, "name":"Zo\\u00eb" }', JSON)

    assert compare(ours, theirs, NO_RULES, is_write=False) == []


@pytest.mark.parametrize(
    ("django", "edge"),
    [
        ("application/json", "Application/JSON; charset=utf-8"),
        ("application/problem+json; charset=UTF-8", "application/problem+json"),
        ("text/csv;charset=utf-8", 'text/csv; Charset="UTF-8"'),
        ("text/csv; header=present; charset=utf-8", "text/csv; charset=utf-8; header=present"),
    ],
)
def test_the_spelling_of_a_content_type(django: str, edge: str) -> None:
    ours, theirs = (raw(b"{}", ("content-type", value)) for value in (django, edge))

    assert compare(ours, theirs, NO_RULES, is_write=False) == []


def test_a_charset_counts_where_it_says_something() -> None:
    ours, theirs = (
        raw(b"a", ("content-type", f"text/csv; charset={name}")) for name in ("utf-8", "latin-1")
    )

    assert places(compare(ours, theirs, NO_RULES, is_write=False)) == [
        ("header:content-type", "header")
    ]


@pytest.mark.parametrize(
    ("name", "django", "edge"),
    [
        ("vary", "Accept, Cookie", "cookie,accept"),
        ("allow", "GET, POST", "POST,GET"),
        ("cache-control", "No-Store, max-age=0", "max-age=0,no-store"),
    ],
)
def test_the_order_in_headers_that_are_sets(name: str, django: str, edge: str) -> None:
    ours, theirs = (answered({}, (name, value)) for value in (django, edge))

    assert compare(ours, theirs, NO_RULES, is_write=False) == []


@pytest.mark.parametrize(
    "name", ["date", "server", "x-request-id", "x-frame-options", "content-length"]
)
def test_headers_that_callers_were_never_promised(name: str) -> None:
    ours, theirs = answered({}, (name, "one")), answered({}, (name, "other"))

    assert compare(ours, theirs, NO_RULES, is_write=False) == []


def test_how_a_body_was_packed() -> None:
    packed = raw(gzip.compress(b'{"a": 1}'), JSON, ("content-encoding", "gzip"))

    assert compare(packed, answered({"a": 1}), NO_RULES, is_write=False) == []
    assert places(compare(packed, answered({"a": 2}), NO_RULES, is_write=False)) == [
        ("/a", "value")
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": NaN}',
        b"[" * 100_000,
        b"[" * 800 + b"]" * 800,
        b'{"a": ' + b"9" * 5_000 + b"}",
        b'{"a": 1e99999999999999999999}',
        b'{"a": "\xff"}',
        b"",
    ],
)
def test_what_is_no_readable_json_is_compared_as_bytes(body: bytes) -> None:
    assert compare(raw(body, JSON), raw(body, JSON), NO_RULES, is_write=False) == []

    found = compare(raw(body, JSON), raw(body + b" ", JSON), NO_RULES, is_write=False)

    assert places(found) in ([("body", "bytes")], [])


def test_an_ignored_part_may_be_anything() -> None:
    rules = ruled(
        ("/meta", Match.IGNORED), ("/items/*/rank", Match.IGNORED), ("header:etag", Match.IGNORED)
    )
    ours = answered({"meta": {"a": 1}, "items": [{"rank": 1, "b": 2}]}, ("etag", '"1"'))
    theirs = answered({"items": [{"rank": "x", "b": 2}]})

    assert compare(ours, theirs, rules, is_write=False) == []


def test_a_rule_reaches_no_further_than_its_path() -> None:
    rules = ruled(("/items/*/rank", Match.IGNORED))

    found = in_reads({"rank": 1, "items": [{"of": {"rank": 1}}]}, {"items": [{"of": {}}]}, rules)

    assert found == [("/rank", "missing"), ("/items/0/of/rank", "missing")]


@pytest.mark.parametrize("other", ["2026-03-01T11:00:00+01:00", "2026-03-01 10:00:00.000Z"])
def test_an_instant_in_another_spelling(other: str) -> None:
    instant = {"at": "2026-03-01T10:00:00Z"}

    assert in_reads(instant, {"at": other}) == [("/at", "value")]
    assert in_reads(instant, {"at": other}, ruled(("/at", Match.INSTANT))) == []


@pytest.mark.parametrize("other", ["2026-03-01T10:00:00+01:00", "2026-03-01T10:00:00", "soon", 1])
def test_another_instant(other: object) -> None:
    found = in_reads({"at": "2026-03-01T10:00:00Z"}, {"at": other}, ruled(("/at", Match.INSTANT)))

    assert [path for path, _ in found] == ["/at"]


@pytest.mark.parametrize("other", [1, 1.0, "1", "1.00", "1e0"])
def test_a_decimal_in_another_spelling(other: object) -> None:
    assert in_reads({"n": "1.0"}, {"n": other}, ruled(("/n", Match.DECIMAL))) == []


@pytest.mark.parametrize("other", [1.001, "0.99", "one", None, True])
def test_another_decimal(other: object) -> None:
    found = in_reads({"n": 1.0}, {"n": other}, ruled(("/n", Match.DECIMAL)))

    assert [path for path, _ in found] == ["/n"]


def test_a_tolerance_is_the_largest_difference_that_is_none() -> None:
    rule = Rule(path="/n", match=Match.DECIMAL, reason="rounded", tolerance=Decimal("0.01"))
    rules = Rules(rules=(rule,))

    assert in_reads({"n": 1.00}, {"n": 1.01}, rules) == []
    assert in_reads({"n": 1.00}, {"n": 1.02}, rules) == [("/n", "value")]


def test_a_list_in_any_order() -> None:
    rules = ruled(("/tags", Match.UNORDERED))

    assert in_reads({"tags": ["a", "b", "c"]}, {"tags": ["c", "a", "b"]}, rules) == []
    assert in_reads({"tags": ["a", "b"]}, {"tags": ["b", "b"]}, rules) == [("/tags/0", "value")]


def test_lists_in_any_order_within_a_list_in_any_order() -> None:
    rules = ruled(("/", Match.UNORDERED), ("/*/tags", Match.UNORDERED))
    django = [{"n": 1, "tags": ["a", "b"]}, {"n": 2, "tags": []}]
    edge = [{"n": 2, "tags": []}, {"n": 1, "tags": ["b", "a"]}]

    assert in_reads(django, edge, rules) == []


def test_a_generated_field_of_a_read() -> None:
    rules = ruled(("/token", Match.GENERATED), ("/links/*/token", Match.GENERATED))
    django = {"token": "abc", "links": [{"token": "abc"}, {"token": "def"}]}
    edge = {"token": "uvw", "links": [{"token": "uvw"}, {"token": "xyz"}]}

    assert in_reads(django, edge, rules) == []
    assert in_reads(django, edge) != []
    edge["links"][1]["token"] = "uvw"
    assert in_reads(django, edge, rules) == [("/links/1/token", "value")]


@pytest.mark.parametrize("other", [None, "", 5, ["x"], {"a": "x"}])
def test_what_is_generated_is_still_of_its_kind(other: object) -> None:
    found = in_reads({"token": "abc"}, {"token": other}, ruled(("/token", Match.GENERATED)))

    assert [path for path, _ in found] == ["/token"]


def test_request_ids_are_matched_without_a_rule() -> None:
    ours = answered({"detail": "no", "requestId": "0d9c4e0e"}, status=404)
    theirs = answered({"detail": "no", "requestId": "7f0a11c2"}, status=404)

    assert compare(ours, theirs, NO_RULES, is_write=False) == []


def test_every_rule_has_a_reason() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Rule(path="/a", match=Match.IGNORED, reason=" ")


def test_no_rule_changes_what_a_status_means() -> None:
    with pytest.raises(ValueError, match="status always matters"):
        Rule(path="status", match=Match.IGNORED, reason="it is often wrong")


def test_a_key_of_digits_is_no_place_in_a_list() -> None:
    assert in_reads({"2026": 1, "a/b": 1}, {"2026": 2, "a/b": 2}) == [
        ("/~22026", "value"),
        ("/a~1b", "value"),
    ]
    assert in_reads({"2026": 1}, {"2026": 2}, ruled(("/2026", Match.IGNORED))) == []


def test_of_cookies_of_one_name_the_last_one_counts() -> None:
    first, last = ("set-cookie", "sid=1; Path=/"), ("set-cookie", "sid=2; Path=/")
    other = ("set-cookie", "lang=en; Path=/")

    assert in_writes(answered({}, first, last), answered({}, last, first)) == [
        ("header:set-cookie/sid", "header")
    ]
    assert in_writes(answered({}, first, other), answered({}, other, first)) == []


def test_a_session_that_is_another_each_time_hides_no_flag_of_its_cookie() -> None:
    ours = answered({}, ("set-cookie", "sid=1; Path=/; HttpOnly"))
    theirs = answered({}, ("set-cookie", "sid=2; Path=/; HttpOnly"))
    wrong = answered({}, ("set-cookie", "sid=2; Path=/"))
    noise = {("header:set-cookie/sid", Kind.HEADER)}

    found = [compare(ours, one, NO_RULES, is_write=False) for one in (theirs, wrong)]

    assert places(found[0]) == [("header:set-cookie/sid", "header")]
    assert places(drop_noise(found[0], noise)) == []
    assert places(drop_noise(found[1], noise)) == [("header:set-cookie", "header")]


def test_blanks_in_a_quoted_header_count() -> None:
    ours = answered({}, ("content-disposition", 'attachment;  filename="a  b.pdf"'))
    theirs = answered({}, ("content-disposition", 'attachment; filename="a  b.pdf"'))
    wrong = answered({}, ("content-disposition", 'attachment; filename="a b.pdf"'))

    assert in_writes(ours, theirs) == []
    assert in_writes(ours, wrong) == [("header:content-disposition", "header")]
