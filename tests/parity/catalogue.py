"""The catalogue of wrong edges: what is wrong, after how many calls it must be found, and where.

``EQUAL`` is what differs and is no mistake.
"""

import gzip
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shared_domain.parity.outcomes import Outcome
from tests.parity.any_json import changed
from tests.parity.sides import answered

ITEM = {
    "id": "b-1", "reference": "AB-1001", "status": "CONFIRMED", "name": "Zoë's tour",
    "price": 4550, "rate": 0.19, "total": 45.5, "discount": -250, "units": 3, "isPaid": True,
    "note": None, "tags": ["a", "b", "c"], "extras": [], "city": "Köln",
    "startsAt": "2026-07-01T09:30:00+02:00", "date": "2026-07-01", "zone": "Europe/Berlin",
    "href": "https://shop.example/v1/bookings/b-1", "currency": "EUR", "requestId": "r-1",
    "contact": {"email": "ann@example.com", "phone": "+4922112345", "partner": "alpine"},
}  # fmt: skip
PAGE: dict[str, Any] = {
    "items": [ITEM] + [ITEM | {"id": f"b-{n}", "price": 4550 + n} for n in range(2, 6)],
    "nextCursor": "b3JkZXI6NQ",
    "count": 5,
}
HEADERS = (
    ("cache-control", "no-store"), ("etag", '"7f"'), ("set-cookie", "seen=1; Path=/; HttpOnly"),
    ("access-control-allow-origin", "https://shop.example"), ("ratelimit-limit", "100"),
    ("ratelimit-policy", "100;w=60"), ("link", '</v1/bookings?cursor=x>; rel="next"'),
    ("vary", "Accept"), ("content-language", "en"), ("deprecation", "@1767225600"),
    ("shop-region", "eu"), ("x-total-count", "5"), ("retry-after", "5"), ("allow", "GET"),
    ("expires", "0"), ("last-modified", "Wed, 01 Jul 2026 07:30:00 GMT"), ("location", "/v1/b-1"),
)  # fmt: skip
RIGHT = answered(PAGE, *HEADERS)

Spoil = Callable[[Outcome, int], Outcome]


@dataclass(frozen=True)
class Fault:
    wrong: str
    where: str
    spoil: Spoil
    within: int = 1


def body(wrong: str, where: str, *way: object, to: object) -> Fault:
    new = json.dumps(changed(PAGE, way, to)).encode()
    return Fault(wrong, where, lambda right, call: _with(right, body=new))


def item(wrong: str, name: str, to: object) -> Fault:
    """The first booking of the page is wrong in one field."""
    return body(wrong, f"/items/0/{name}", "items", 0, *name.split("/"), to=to)


def raw(wrong: str, where: str, *swap: str) -> Fault:
    """The bytes of the body differ: the first of what ``swap`` names is replaced."""
    new = RIGHT.response.body.replace(swap[0].encode(), swap[1].encode(), 1)
    assert new != RIGHT.response.body
    return Fault(wrong, where, lambda right, call: _with(right, body=new))


def header(wrong: str, name: str, to: str | None) -> Fault:
    kept = tuple(one for one in RIGHT.response.headers if one[0] != name)
    new = kept if to is None else (*kept, (name, to))
    return Fault(wrong, f"header:{name}", lambda right, call: _with(right, headers=new))


def encoded(wrong: str, encoding: str, content: bytes) -> Fault:
    new = (*RIGHT.response.headers, ("content-encoding", encoding))
    return Fault(wrong, "body", lambda right, call: _with(right, headers=new, body=content))


def whole(wrong: str, content: bytes) -> Fault:
    """The body is other bytes altogether."""
    return Fault(wrong, "body", lambda right, call: _with(right, body=content))


def twice(wrong: str, name: str, second: str) -> Fault:
    new = (*RIGHT.response.headers, (name, second))
    return Fault(wrong, f"header:{name}", lambda right, call: _with(right, headers=new))


def status(to: int) -> Fault:
    return Fault(f"answers {to}", "status", lambda right, call: _with(right, status=to))


def at_times(wrong: str, when: Callable[[int], bool], within: int) -> Fault:
    """A price that is one cent off, in some calls of the edge only."""
    off = item("", "price", 4551).spoil
    return Fault(
        wrong,
        "/items/0/price",
        lambda right, call: off(right, call) if when(call) else right,
        within,
    )


def by_chance(percent: int) -> Fault:
    """The calls that are wrong are drawn with a fixed seed."""
    draw = random.Random(percent)
    wrongs = [draw.random() * 100 < percent for _ in range(5_000)]
    return at_times(f"{percent} % at random", lambda call: wrongs[call], within=120)


def _with(right: Outcome, **parts: Any) -> Outcome:
    return replace(right, response=replace(right.response, **parts))


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ITEM.items() if key != name}


_OTHERS = PAGE["items"][1:]
_STRANGER = ITEM | {"id": "x-9", "contact": ITEM["contact"] | {"partner": "rival"}}  # type: ignore[operator]

CATALOGUE = [
    # Numbers
    item("off by one", "price", 4551),
    item("off by one below", "units", 2),
    item("another sign", "discount", 250),
    item("rounded up", "rate", 0.2),
    item("rounded down", "rate", 0.18),
    item("rounded at the last digit", "total", 45.49),
    item("whole for decimal", "total", 45),
    item("text for number", "price", "4550"),
    item("decimal for whole", "price", 4550.0),
    item("minor for major units", "total", 4550),
    item("major for minor units", "price", 45.5),
    item("zero", "price", 0),
    item("null for number", "price", None),
    item("true for one", "units", True),
    item("one for true", "isPaid", 1),
    item("false", "isPaid", False),
    item("text of a truth", "isPaid", "true"),
    item("far too large", "price", 2**63),
    item("a float's error", "total", 45.50000000000001),
    raw("no number at all", "body", "4550", "NaN"),
    raw("infinity", "body", "4550", "Infinity"),
    raw("another decimal beyond a float", "/items/0/rate", "0.19", "0.19000000000000000001"),
    body("wrong count", "/count", "count", to=6),
    # Texts
    item("another case", "status", "confirmed"),
    item("a blank behind", "name", "Zoë's tour "),
    item("a blank before", "name", " Zoë's tour"),
    item("two blanks", "name", "Zoë's  tour"),
    item("a no-break space", "name", "Zoë's\u00a0tour"),
    item("another normal form", "name", "Zoe\u0308's tour"),
    item("an accent lost", "city", "Koln"),
    item("spelled out", "city", "Koeln"),
    item("doubly encoded", "city", "KÃ¶ln"),
    item("a replacement character", "city", "K\ufffdln"),
    item("a typographic apostrophe", "name", "Zoë’s tour"),
    item("escaped for HTML", "name", "Zoë&#x27;s tour"),
    item("a zero-width space", "name", "Zoë\u200b's tour"),
    item("a letter that looks alike", "currency", "ЕUR"),
    item("cut", "name", "Zoë's tou"),
    item("empty for null", "note", ""),
    item("the word null", "note", "null"),
    item("null for text", "name", None),
    item("empty", "name", ""),
    item("another value of an enumeration", "status", "CANCELLED"),
    item("an address in small letters", "contact/email", "Ann@example.com"),
    item("a number without its plus", "contact/phone", "4922112345"),
    item("another currency", "currency", "USD"),
    # Dates
    item("in UTC", "startsAt", "2026-07-01T07:30:00Z"),
    item("without its zone", "startsAt", "2026-07-01T09:30:00"),
    item("another zone's time", "startsAt", "2026-07-01T09:30:00+01:00"),
    item("cut to minutes", "startsAt", "2026-07-01T09:30+02:00"),
    item("with decimals", "startsAt", "2026-07-01T09:30:00.000+02:00"),
    item("a second later", "startsAt", "2026-07-01T09:30:01+02:00"),
    item("seconds since 1970", "startsAt", 1782891000),
    item("the day before", "date", "2026-06-30"),
    item("day before month", "date", "2026-01-07"),
    item("a date with a time", "date", "2026-07-01T00:00:00"),
    item("a zone of the same offset", "zone", "Europe/Paris"),
    # Fields
    body("a field missing", "/items/0/price", "items", 0, to=_without("price")),
    body("null for missing", "/items/0/note", "items", 0, to=_without("note")),
    body("an empty list missing", "/items/0/extras", "items", 0, to=_without("extras")),
    body("a field more", "/items/0/debug", "items", 0, to=ITEM | {"debug": 1}),
    body("a null more", "/items/0/debug", "items", 0, to=ITEM | {"debug": None}),
    body("another case of a name", "/items/0/PRICE", "items", 0,
         to=_without("price") | {"PRICE": 4550}),
    body("snake for camel", "/items/0/is_paid", "items", 0,
         to=_without("isPaid") | {"is_paid": True}),
    raw("a key twice", "body", '"price": 4550,', '"price": 4550, "price": 4550,'),
    body("an object for its id", "/items/0/contact", "items", 0, "contact", to="c-1"),
    body("a list of one for an object", "/items/0/contact", "items", 0, "contact",
         to=[ITEM["contact"]]),
    # Lists
    body("reversed", "/items", "items", to=PAGE["items"][::-1]),
    body("two change places", "/items", "items", to=[*PAGE["items"][1::-1], *PAGE["items"][2:]]),
    body("one fewer", "/items", "items", to=PAGE["items"][:-1]),
    body("none", "/items", "items", to=[]),
    body("null for a list", "/items", "items", to=None),
    body("one twice", "/items", "items", to=[ITEM, *PAGE["items"]]),
    body("the last for the first", "/items", "items", to=[*_OTHERS, _OTHERS[-1]]),
    body("a stranger's row more", "/items", "items", to=[*PAGE["items"], _STRANGER]),
    body("a stranger's row instead", "/items/0", "items", 0, to=_STRANGER),
    body("one page too late", "/items", "items", to=_OTHERS),
    item("tags sorted the other way", "tags", ["c", "b", "a"]),
    item("a tag twice", "tags", ["a", "b", "b", "c"]),
    item("a tag lost", "tags", ["a", "b"]),
    item("null in an empty list", "extras", [None]),
    item("an object for an empty list", "extras", {}),
    # Links and cursors
    body("another cursor", "/nextCursor", "nextCursor", to="b3JkZXI6NA"),
    body("no cursor", "/nextCursor", "nextCursor", to=None),
    body("a padded cursor", "/nextCursor", "nextCursor", to="b3JkZXI6NQ=="),
    item("another host", "href", "http://127.0.0.1:8000/v1/bookings/b-1"),
    item("without encryption", "href", "http://shop.example/v1/bookings/b-1"),
    item("a slash more", "href", "https://shop.example/v1/bookings/b-1/"),
    item("another id", "href", "https://shop.example/v1/bookings/b-2"),
    item("a relative link", "href", "/v1/bookings/b-1"),
    # Tenants
    item("another tenant", "contact/partner", "rival"),
    # Headers
    *(header(f"no {name}", name, None) for name, _ in HEADERS if name != "vary"),
    header("a cookie of another value", "set-cookie", "seen=2; Path=/; HttpOnly"),
    header("a cookie for scripts", "set-cookie", "seen=1; Path=/"),
    header("any origin", "access-control-allow-origin", "*"),
    header("another limit", "ratelimit-limit", "1000"),
    header("cached by all", "cache-control", "public, max-age=60"),
    header("a weak tag", "etag", 'W/"7f"'),
    header("varies by less", "vary", "Origin"),
    header("another media type", "content-type", "text/html"),
    header("another charset", "content-type", "application/json; charset=latin-1"),
    header("a shop's own", "shop-region", "us"),
    header("one that Django does not send", "x-debug", "1"),
    # Encodings
    encoded("says gzip and is none", "gzip", RIGHT.response.body),
    encoded("a gzip without its end", "gzip", zlib.compress(RIGHT.response.body, wbits=31)[:-9]),
    raw("a byte order mark", "body", "{", "\ufeff{"),
    Fault("cut off", "body", lambda right, call: _with(right, body=right.response.body[:-3])),
    Fault("nothing", "body", lambda right, call: _with(right, body=b"")),
    # Statuses
    *(status(to) for to in (201, 204, 206, 301, 304, 400, 401, 403, 404, 409, 429, 500, 503)),
    # Wrong at times
    at_times("every other call", lambda call: call % 2 == 1, within=2),
    at_times("the first call of an id", lambda call: call == 0, within=1),
    at_times("every tenth call", lambda call: call % 10 == 9, within=12),
    at_times("from the fiftieth call on", lambda call: call >= 50, within=51),
    at_times("two of three", lambda call: call % 3 != 0, within=3),
    *(by_chance(percent) for percent in (10, 20, 30, 40, 50)),
    # What an adversary would try
    item("another request's id", "requestId", "r-2"),
    body("ids of two change places", "/items", "items",
         to=[ITEM | {"id": "b-2"}, _OTHERS[0] | {"id": "b-1"}, *_OTHERS[1:]]),
    raw("an exponent for a whole", "/items/0/price", "4550", "455e1"),
    raw("a zero in front", "body", "4550", "04550"),
    raw("a plus", "body", "4550", "+4550"),
    raw("a comma at the end", "body", "{", '{"a": [1,], '),
    raw("a comment", "body", "{", "/**/{"),
    raw("single quotes", "body", '"CONFIRMED"', "'CONFIRMED'"),
    raw("a key twice, the second one wrong", "body", '"units": 3', '"units": 3, "units": 4'),
    raw("a raw line break in a text", "body", "CONFIRMED", "CONFIRMED\n"),
    item("a lone surrogate", "name", "Zoë's tour\ud800"),
    item("a zero character", "name", "Zoë's tour\0"),
    item("a mark from right to left", "name", "\u200fZoë's tour"),
    item("a soft hyphen", "name", "Zoë's to\u00adur"),
    item("a tab for a blank", "name", "Zoë's\ttour"),
    item("nanoseconds", "startsAt", "2026-07-01T09:30:00.000000001+02:00"),
    item("the offset -00:00", "startsAt", "2026-07-01T07:30:00-00:00"),
    item("a week's date", "date", "2026-W27-3"),
    item("a decimal in a text", "total", "45.5"),
    whole("a byte behind", RIGHT.response.body + b"x"),
    whole("a second document behind", RIGHT.response.body + b"\n{}"),
    whole("chunks within the body", b"5\r\n" + RIGHT.response.body + b"\r\n0\r\n\r\n"),
    whole("in UTF-16", RIGHT.response.body.decode().encode("utf-16")),
    whole("in Latin-1", RIGHT.response.body.replace(b"\\u00eb", b"\xeb")),
    whole("a page of HTML", b"<!doctype html><title>Sign in</title>"),
    encoded("a gzip of two bodies", "gzip", 2 * gzip.compress(RIGHT.response.body)),
    encoded("a byte behind a gzip", "gzip", gzip.compress(RIGHT.response.body) + b"x"),
    encoded("says gzip and is deflate", "gzip", zlib.compress(RIGHT.response.body)),
    encoded("says deflate and is gzip", "deflate", gzip.compress(RIGHT.response.body)),
    header("no content type", "content-type", None),
    header("a problem's type", "content-type", "application/problem+json"),
    header("varies by all", "vary", "*"),
    header("changed a second later", "last-modified", "Wed, 01 Jul 2026 07:30:01 GMT"),
    header("a link to the page before", "link", '</v1/bookings?cursor=x>; rel="prev"'),
    header("a cookie for other sites", "set-cookie", "seen=1; Path=/; HttpOnly; SameSite=None"),
    header("a cookie that lasts", "set-cookie", "seen=1; Path=/; HttpOnly; Max-Age=9999"),
    twice("two tags", "etag", '"80"'),
    twice("another cookie as well", "set-cookie", "session=rival; Path=/"),
    twice("two places", "location", "/v1/b-2"),
    at_times("right once only", lambda call: call > 0, within=2),
    at_times("after every third call", lambda call: call % 3 == 2, within=4),
]  # fmt: skip


@dataclass(frozen=True)
class Equal:
    """What an adversary may change and no caller can tell: a match, with the reason."""

    changed: str
    why: str
    spoil: Spoil


def _equal(changed: str, why: str, **parts: Any) -> Equal:
    return Equal(changed, why, lambda right, call: _with(right, **parts))


def _with_header(name: str, value: str) -> tuple[tuple[str, str], ...]:
    return (*(one for one in RIGHT.response.headers if one[0] != name), (name, value))


_BODY = RIGHT.response.body

EQUAL = [
    _equal("keys in another order", "an object has no order: RFC 8259, section 4",
           body=json.dumps(PAGE, sort_keys=True).encode()),
    _equal("blanks between tokens", "they mean nothing: RFC 8259, section 2",
           body=json.dumps(PAGE, indent=2).encode()),
    _equal("letters not escaped", "the same text: RFC 8259, section 7",
           body=json.dumps(PAGE, ensure_ascii=False).encode()),
    _equal("slashes escaped", "the same text: RFC 8259, section 7",
           body=_BODY.replace(b"/", b"\\/")),
    _equal("a zero behind a decimal", "the same number", body=_BODY.replace(b"45.5,", b"45.50,")),
    _equal("a decimal with an exponent", "the same number", body=_BODY.replace(b"0.19", b"19e-2")),
    _equal("says UTF-8", "JSON is: RFC 8259, section 8.1",
           headers=_with_header("content-type", "application/json; charset=UTF-8")),
    _equal("attributes of a cookie in another order", "they have none: RFC 6265, section 5.2",
           headers=_with_header("set-cookie", "seen=1; httponly; path=/")),
    _equal("varies by the encoding too", "how a body travels is not the endpoint's",
           headers=_with_header("vary", "Accept-Encoding, Accept")),
    _equal("packed", "how a body travels is not the endpoint's", body=gzip.compress(_BODY),
           headers=_with_header("content-encoding", "gzip")),
    _equal("packed in two members", "a client unpacks both: RFC 1952, section 2.2",
           body=gzip.compress(_BODY[:50]) + gzip.compress(_BODY[50:]),
           headers=_with_header("content-encoding", "gzip")),
    _equal("another server", "it names what answers", headers=_with_header("server", "x")),
    _equal("may not be framed", "callers of an API show no frames",
           headers=_with_header("x-frame-options", "DENY")),
]  # fmt: skip
