"""Whatever is sent, the answer names the field, nothing is stored and the connection lives on."""

import json
from functools import cache

import pytest

from tests.harness.clients import ABSENT, OctoClient, a_slot, a_uuid

UNKNOWN = "3f1c9a52-7d0e-4b86-a1f4-9c2d5e8b7a60"


pytestmark = pytest.mark.usefixtures("nothing_is_stored", "the_connection_stays_usable")

LONG = "x" * 300


@cache
def our_slot() -> str:
    """Return the slot that all of them ask for in vain: dates are on sale for a year."""
    return a_slot()


RESERVATIONS = {
    "a product id that is a number": ({"productId": 7}, "productId must be text, not a number"),
    "no product id": ({"productId": ABSENT}, "productId is required"),
    "a product id that is null": ({"productId": None}, "productId must be text, not null"),
    "an empty product id": ({"productId": ""}, "productId must not be empty"),
    "a long product id": ({"productId": LONG}, "productId must have at most 255 characters"),
    "a NUL byte": ({"productId": "a\0b"}, "productId must not contain the character U+0000"),
    "a lone surrogate": (
        {"productId": "a\ud800"},
        "productId must be text without lone surrogates",
    ),
    "a lone surrogate in a name": (
        {"contact": {"lastName": "a\ud800"}},
        "contact.lastName must be text without lone surrogates",
    ),
    "no option id": ({"optionId": ABSENT}, "optionId is required"),
    "an availability id that is a list": (
        {"availabilityId": ["x"]},
        "availabilityId must be text, not a list",
    ),
    "no availability id": ({"availabilityId": ABSENT}, "availabilityId is required"),
    "unit items that are an object": ({"unitItems": {}}, "unitItems must be a list, not an object"),
    "a unit item that is text": (
        {"unitItems": ["adult"]},
        "unitItems[0] must be an object, not text",
    ),
    "a unit item without a unit": (
        {"unitItems": [{"unitId": "adult"}, {}]},
        "unitItems[1].unitId is required",
    ),
    "a million unit items": (
        {"unitItems": [{"unitId": "a"}] * 1001},
        "unitItems must have at most 1,000 entries",
    ),
    "a uuid that is a number": ({"uuid": 12}, "uuid must be a UUID such as "),
    "an item's uuid that is none": (
        {"unitItems": [{"unitId": "adult", "uuid": "x"}]},
        "unitItems[0].uuid must be a UUID such as ",
    ),
    "no minutes": ({"expirationMinutes": 0}, "expirationMinutes must be at least 1"),
    "fewer minutes than none": ({"expirationMinutes": -5}, "expirationMinutes must be at least 1"),
    "minutes in text": (
        {"expirationMinutes": "30"},
        "expirationMinutes must be a whole number, not text",
    ),
    "minutes with a fraction": (
        {"expirationMinutes": 30.0},
        "expirationMinutes must be a whole number, without a decimal point",
    ),
    "minutes that are true": (
        {"expirationMinutes": True},
        "expirationMinutes must be a whole number, not true or false",
    ),
    "an e-mail address without @": (
        {"contact": {"emailAddress": "clara"}},
        "contact.emailAddress must be an e-mail address",
    ),
    "a country by its name": (
        {"contact": {"country": "Portugal"}},
        "contact.country must be a country code",
    ),
    "a locale that is none": (
        {"contact": {"locales": ["pt_PT!"]}},
        "contact.locales[0] must be a language tag",
    ),
    "a name that is a number": (
        {"contact": {"firstName": 1}},
        "contact.firstName must be text, not a number",
    ),
    "a contact that is text": ({"contact": "Clara"}, "contact must be an object, not text"),
    "a NUL byte in a name": (
        {"unitItems": [{"unitId": "adult", "contact": {"lastName": "\0"}}]},
        "unitItems[0].contact.lastName must not contain the character U+0000",
    ),
    "a character that rings a bell": (
        {"contact": {"firstName": "Cla\x07ra"}},
        "contact.firstName must not contain the character U+0007",
    ),
    "a telephone number without digits": (
        {"contact": {"phoneNumber": "nonsense"}},
        "contact.phoneNumber must be a telephone number such as +351 210 000 000",
    ),
    "an address where no mail arrives": (
        {"contact": {"emailAddress": "clara@localhost"}},
        "contact.emailAddress must be an e-mail address",
    ),
    "a country that is none": ({"contact": {"country": "XX"}}, "contact.country must be a country"),
    "a blank locale": ({"contact": {"locales": [" "]}}, "contact.locales[0] must be a language"),
    "a long name": (
        {"unitItems": [{"unitId": "adult", "contact": {"fullName": "x" * 256}}]},
        "unitItems[0].contact.fullName must have at most 255 characters",
    ),
    "a reference that turns the terminal red": (
        {"resellerReference": "\x1b[31m"},
        "resellerReference must not contain the character U+001B",
    ),
    "long notes": ({"notes": "x" * 10_001}, "notes must have at most 10,000 characters"),
    "a receipt that is 1": (
        {"emailReceipt": 1},
        "emailReceipt must be true or false",
    ),
    "notes that are a number": ({"notes": 1}, "notes must be text, not a number"),
    "a reference that is a list": (
        {"resellerReference": []},
        "resellerReference must be text, not a list",
    ),
    "a currency that is a number": ({"currency": 978}, "currency must be text, not a number"),
}


@pytest.mark.parametrize(("different", "message"), RESERVATIONS.values(), ids=RESERVATIONS)
def test_a_malformed_reservation(
    partner: OctoClient, different: dict[str, object], message: str
) -> None:
    refused = partner.reserve(our_slot(), **different)

    assert (refused.status, refused.error) == (400, "BAD_REQUEST")
    assert refused.message.startswith(message)


@pytest.mark.parametrize(
    ("malformed", "echoed"),
    [
        ("0b6f2a54", "0b6f2a54"),
        ("{" + UNKNOWN + "}", "{" + UNKNOWN + "}"),
        ("a\ud800b\0\U0001f6f6", "a\ufffdb\0\U0001f6f6"),
    ],
)
def test_a_malformed_uuid_is_a_bad_booking_reference(
    partner: OctoClient, malformed: str, echoed: str
) -> None:
    refused = partner.reserve(our_slot(), uuid=malformed)

    assert (refused.status, refused.error) == (400, "INVALID_BOOKING_UUID")
    assert refused.message.startswith("uuid must be a UUID such as ")
    assert refused.body["uuid"] == echoed


REFUSED = {
    "no unit items": ({"unitItems": ABSENT}, "unitItems must hold at least one item"),
    "unit items that are null": ({"unitItems": None}, "unitItems must hold at least one item"),
    "an empty list of unit items": ({"unitItems": []}, "unitItems must hold at least one item"),
    "more items than the option allows": ({"unitItems": [{"unitId": "adult"}] * 9}, "unitItems"),
    "a child on its own": ({"unitItems": [{"unitId": "child"}]}, "unitItems: child must be booked"),
    "more children than a booking may have": (
        {"unitItems": [{"unitId": "adult"}] + [{"unitId": "child"}] * 4},
        "unitItems",
    ),
    "more places than there are": (
        {"unitItems": [{"unitId": "family"}] * 4},
        "availabilityId has 12 places left and unitItems take 16",
    ),
}


@pytest.mark.parametrize(("different", "message"), REFUSED.values(), ids=REFUSED)
def test_a_reservation_against_the_rules(
    partner: OctoClient, different: dict[str, object], message: str
) -> None:
    refused = partner.reserve(our_slot(), **different)

    assert (refused.status, refused.error) == (400, "UNPROCESSABLE_ENTITY")
    assert refused.message.startswith(message)


UNKNOWN_IDS = {
    "a product": ({"productId": "river-canoe"}, "INVALID_PRODUCT_ID", "productId", "river-canoe"),
    "a product of another partner's": (
        {"productId": "old-town-walk"},
        "INVALID_PRODUCT_ID",
        "productId",
        "old-town-walk",
    ),
    "an option": ({"optionId": "EVENING"}, "INVALID_OPTION_ID", "optionId", "EVENING"),
    "a unit": ({"unitItems": [{"unitId": "dog"}]}, "INVALID_UNIT_ID", "unitId", "dog"),
    "a slot": (
        {"availabilityId": "2026-07-14T03:00:00+01:00"},
        "INVALID_AVAILABILITY_ID",
        "availabilityId",
        "2026-07-14T03:00:00+01:00",
    ),
    "a slot with a surrogate pair": (
        {"availabilityId": "🛶"},
        "INVALID_AVAILABILITY_ID",
        "availabilityId",
        "🛶",
    ),
}


@pytest.mark.parametrize(
    ("different", "code", "field", "value"), UNKNOWN_IDS.values(), ids=UNKNOWN_IDS
)
def test_an_unknown_id_is_echoed(
    partner: OctoClient, different: dict[str, object], code: str, field: str, value: str
) -> None:
    refused = partner.reserve(our_slot(), **different)

    assert (refused.status, refused.error) == (400, code)
    assert refused.body[field] == value


BODIES = {
    "not JSON": (b"{productId: 1}", "application/json", "the body is not JSON"),
    "cut off": (b'{"productId": "a', "application/json", "the body is not JSON"),
    "not UTF-8": (
        b'{"productId": "\xff\xfe"}',
        "application/json",
        "the body must be JSON in UTF-8: the mistake is at byte 15",
    ),
    "nested too deeply": (
        b"[" * 100_000,
        "application/json",
        "the body cannot be read as JSON: it is nested",
    ),
    "a number with 5,000 digits": (
        b"1" * 5000,
        "application/json",
        "the body cannot be read as JSON: a number",
    ),
    "UTF-16": ("{}".encode("utf-16"), "application/json", "the body must be JSON in UTF-8"),
    "a member that stands there twice": (
        b'{"contact": {"locales": [{"a": 1, "a": 2}]}}',
        "application/json",
        "contact.locales[0].a must be sent once",
    ),
    "a list": (b"[]", "application/json", "the body must be an object, not a list"),
    "null": (b"null", "application/json", "the body must be an object, not null"),
    "text": (b'"text"', "application/json", "the body must be an object, not text"),
    "a form": (b"a=1", "application/x-www-form-urlencoded", "Content-Type must be"),
    "plain text": (b"{}", "text/plain", "Content-Type must be application/json"),
    "two megabytes": (b" " * 2_000_000, "application/json", "the body must be at most 1048576"),
    "a long list with one mistake": (
        json.dumps(
            {
                "productId": "p",
                "optionId": "o",
                "availabilityId": "a",
                "contact": {"emailAddress": "clara"},
                "unitItems": [{"unitId": "adult", "contact": {"notes": "x" * 90}}] * 100,
            }
        ).encode(),
        "application/json",
        "contact.emailAddress must be an e-mail address",
    ),
    "a string of one megabyte": (
        json.dumps({"productId": "x" * 1_000_000}).encode(),
        "application/json",
        "productId must have at most 255 characters; optionId is required",
    ),
}


@pytest.mark.parametrize(("body", "kind", "message"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/octo/bookings", f"/octo/bookings/{UNKNOWN}/confirm"])
def test_an_unreadable_body(
    partner: OctoClient, path: str, body: bytes, kind: str, message: str
) -> None:
    refused = partner.send("POST", path, body, Content_Type=kind)

    assert (refused.status, refused.error) == (400, "BAD_REQUEST")
    if not message.startswith("productId") or path == "/octo/bookings":
        assert refused.message.startswith(message)


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(partner: OctoClient) -> None:
    partner.connection.putrequest("POST", "/octo/bookings")
    partner.connection.putheader("Authorization", f"Bearer {partner.key}")
    partner.connection.putheader("Content-Type", "application/json")
    partner.connection.putheader("Transfer-Encoding", "chunked")
    partner.connection.endheaders()
    for _ in range(20):
        partner.connection.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
    partner.connection.send(b"0\r\n\r\n")

    answer = partner.connection.getresponse()

    assert answer.status == 400
    assert json.loads(answer.read())["errorMessage"].startswith("the body must be at most")


@pytest.mark.parametrize(
    "uuid", [UNKNOWN, UNKNOWN.upper(), "41877", "%00", "a%2Fb", "%FF", "x" * 300, "%F0%9F%9B%B6"]
)
@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", ""), ("PATCH", ""), ("POST", "/confirm"), ("POST", "/extend"), ("POST", "/cancel")],
)
def test_a_uuid_that_names_no_booking_of_ours(
    partner: OctoClient, uuid: str, method: str, action: str
) -> None:
    body = {"contact": {}} if method != "GET" else None

    refused = partner.send(method, f"/octo/bookings/{uuid}{action}", body, checked=False)

    if "%2F" in uuid:
        assert refused.status in (400, 404)
    else:
        assert (refused.status, refused.error) == (400, "INVALID_BOOKING_UUID")
        assert refused.message == "uuid is not one of your bookings"
        assert refused.body["uuid"]


@pytest.mark.parametrize("code", ["river-canoe", "old-town-walk", "%00", "%20", "x" * 300])
def test_an_id_that_names_no_product_of_ours(partner: OctoClient, code: str) -> None:
    refused = partner.get(f"/octo/products/{code}")

    assert (refused.status, refused.error) == (400, "INVALID_PRODUCT_ID")
    assert refused.message == "productId is not one of your products; GET /products lists them"
    assert refused.body["productId"]


def test_what_was_sent_is_never_repeated_when_it_may_be_personal(partner: OctoClient) -> None:
    contact = {"emailAddress": "clara.duarte", "country": "Secretland"}
    refused = partner.reserve(our_slot(), contact=contact)

    assert "clara" not in json.dumps(refused.body)
    assert "Secretland" not in json.dumps(refused.body)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/octo/nothing", 404),
        ("GET", "/octo", 404),
        ("GET", "/octo//products", 404),
        ("POST", "/octo/products", 405),
        ("DELETE", f"/octo/bookings/{UNKNOWN}", 405),
        ("PUT", "/octo/bookings", 405),
        ("GET", "/octo/availability", 405),
    ],
)
def test_a_path_or_method_that_does_not_exist(
    partner: OctoClient, method: str, path: str, status: int
) -> None:
    refused = partner.send(method, path, checked=False)

    assert (refused.status, refused.error) == (status, "BAD_REQUEST")
    assert path in refused.message
    assert ("Allow" in refused.headers) == (status == 405)


def test_elsewhere_the_answer_is_a_problem(partner: OctoClient) -> None:
    refused = partner.send("GET", "/v1/nothing", checked=False)

    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.body["status"] == refused.status == 404


def test_others_bookings_look_missing(rival: OctoClient, partner: OctoClient) -> None:
    unknown = rival.get(f"/octo/bookings/{a_uuid()}")

    assert unknown.error == "INVALID_BOOKING_UUID"


def test_an_unknown_uuid_is_echoed_as_sent(partner: OctoClient) -> None:
    sent = a_uuid().upper()

    assert partner.get(f"/octo/bookings/{sent}").body["uuid"] == sent


def test_a_slot_of_another_option_is_unknown(partner: OctoClient) -> None:
    refused = partner.reserve(our_slot().replace("09:30", "00:00"))

    assert refused.error == "INVALID_AVAILABILITY_ID"
