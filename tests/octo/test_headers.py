"""Headers: what was asked for comes back, and every answer has a name of its own."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from tests.harness.clients import CLARA, OctoClient, a_slot
from tests.octo.edge import Edge

WITH_PRICES = {"Octo_Capabilities": "octo/pricing"}


@pytest.mark.parametrize(
    ("asked", "applied"),
    [
        ("", ""),
        ("octo/pricing", "octo/pricing"),
        ("pricing", "pricing"),
        (" pricing , octo/cart,octo/pricing", "pricing"),
        ("octo/webhooks,nothing,,", ""),
        ("Pricing", ""),
    ],
)
def test_capabilities_are_echoed_as_they_were_spelled(
    partner: OctoClient, asked: str, applied: str
) -> None:
    answer = partner.get("/octo/products/river-kayak", Octo_Capabilities=asked)

    assert answer.headers["Octo-Capabilities"] == applied
    assert ("pricingPer" in answer.body) == bool(applied)


def test_capabilities_may_come_in_the_query(partner: OctoClient) -> None:
    answer = partner.get("/octo/products?_capabilities=octo%2Fpricing")

    assert answer.headers["Octo-Capabilities"] == "octo/pricing"
    assert "pricingPer" in answer.body[0]


def test_the_header_counts_more_than_the_query(partner: OctoClient) -> None:
    answer = partner.get("/octo/products?_capabilities=pricing", Octo_Capabilities="")

    assert answer.headers["Octo-Capabilities"] == ""


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, GZIP;q=0.5", "gzip"),
        ("gzip;q=0, deflate", None),
        ("identity", None),
    ],
)
def test_long_answers_are_compressed_where_gzip_is_accepted(
    partner: OctoClient, accepted: str, encoding: str | None
) -> None:
    year = {
        "productId": "river-kayak",
        "optionId": "DEFAULT",
        "localDateStart": str(date.today()),
        "localDateEnd": str(date.today() + timedelta(days=364)),
    }
    for method, path, body in (
        ("POST", "/octo/availability/calendar", year),
        ("GET", "/octo/products", None),
    ):
        answer = partner.send(method, path, body, Accept_Encoding=accepted)
        length = int(answer.headers["Content-Length"])

        assert answer.body == partner.send(method, path, body).body
        assert answer.headers["Content-Encoding"] == encoding
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert (length < len(answer.text.encode()) / 2) is (encoding == "gzip")
    assert "Content-Encoding" not in partner.get("/octo/supplier", Accept_Encoding=accepted).headers


@pytest.mark.parametrize(
    "path", ["/octo/bookings?resellerReference=none", "/octo/nothing", "/v1/events?limit=0"]
)
def test_no_shared_cache_keeps_an_answer(partner: OctoClient, path: str) -> None:
    answer = partner.send("GET", path, checked=False)

    assert answer.headers.get_all("Cache-Control") == ["private, no-cache"]
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]


def test_every_answer_has_an_id_of_our_own(partner: OctoClient) -> None:
    ours = [
        partner.get("/octo/supplier", X_Request_Id="theirs").headers["X-Request-Id"],
        partner.get("/octo/products/nothing").headers["X-Request-Id"],
        partner.send("GET", "/nothing", checked=False).headers["X-Request-Id"],
    ]

    assert len({UUID(request_id) for request_id in ours}) == 3


@pytest.mark.parametrize("path", ["/octo/products", "/octo/products/river-kayak", "/octo/supplier"])
def test_a_trailing_slash_is_no_other_path(partner: OctoClient, path: str) -> None:
    with_slash, without = partner.get(f"{path}/"), partner.get(path)

    assert with_slash.status == 200
    assert with_slash.body == without.body


def test_a_post_with_a_trailing_slash_keeps_its_body(partner: OctoClient) -> None:
    held = partner.post(
        "/octo/bookings/",
        {
            "productId": "river-kayak",
            "optionId": "DEFAULT",
            "availabilityId": a_slot(),
            "unitItems": [{"unitId": "adult"}],
        },
    )

    assert held.body["status"] == "ON_HOLD"


def test_a_live_key_may_make_a_test_booking(partner: OctoClient) -> None:
    slot = a_slot()

    answer = partner.send(
        "POST",
        "/octo/bookings",
        {
            "productId": "river-kayak",
            "optionId": "DEFAULT",
            "availabilityId": slot,
            "unitItems": [{"unitId": "family"}],
        },
        Octo_Env="test",
    )

    assert answer.headers["Octo-Env"] == "test"
    assert answer.body["testMode"] is True
    assert partner.vacancies(slot) == 12


def test_a_test_key_and_a_live_key_never_meet(
    partner: OctoClient, testing_partner: OctoClient
) -> None:
    live = partner.reserved()
    test = testing_partner.reserved()

    assert (live["testMode"], test["testMode"]) == (False, True)
    for program, theirs in ((partner, test), (testing_partner, live)):
        path = f"/octo/bookings/{theirs['uuid']}"
        assert program.get(path).error == "INVALID_BOOKING_UUID"
        assert program.post(f"{path}/confirm", {"contact": CLARA}).error == "INVALID_BOOKING_UUID"


def test_in_the_test_environment_a_live_booking_is_unknown(partner: OctoClient) -> None:
    live = partner.reserved()

    answer = partner.send("POST", f"/octo/bookings/{live['uuid']}/cancel", {}, Octo_Env="test")

    assert answer.error == "INVALID_BOOKING_UUID"
    assert partner.get(f"/octo/bookings/{live['uuid']}").body["status"] == "ON_HOLD"


def test_a_test_key_cannot_go_live(testing_partner: OctoClient) -> None:
    refused = testing_partner.get("/octo/supplier", Octo_Env="live")

    assert (refused.status, refused.error) == (403, "FORBIDDEN")
    assert "Octo-Env" in refused.message


def test_an_unknown_environment_is_a_bad_request(partner: OctoClient) -> None:
    refused = partner.get("/octo/supplier", Octo_Env="staging")

    assert (refused.status, refused.error) == (400, "BAD_REQUEST")


def test_an_authorization_sent_twice_is_refused(partner: OctoClient) -> None:
    partner.connection.putrequest("GET", "/octo/supplier")
    for _ in range(2):
        partner.connection.putheader("Authorization", f"Bearer {partner.key}")
    partner.connection.endheaders()

    answer = partner.connection.getresponse()

    assert (answer.status, b"more than once" in answer.read()) == (403, True)
    assert partner.get("/octo/supplier").status == 200


def test_a_content_type_sent_twice_is_refused(partner: OctoClient) -> None:
    partner.connection.putrequest("POST", "/octo/availability")
    partner.connection.putheader("Authorization", f"Bearer {partner.key}")
    partner.connection.putheader("Content-Length", "2")
    for kind in ("application/json", "text/plain"):
        partner.connection.putheader("Content-Type", kind)
    partner.connection.endheaders(b"{}")

    answer = partner.connection.getresponse()

    assert (answer.status, b"Content-Type must be sent once" in answer.read()) == (400, True)
    assert partner.get("/octo/supplier").status == 200


def test_a_capability_header_sent_twice_is_one_list(partner: OctoClient) -> None:
    partner.connection.putrequest("GET", "/octo/products/river-kayak")
    partner.connection.putheader("Authorization", f"Bearer {partner.key}")
    for capability in ("octo/cart", "octo/pricing"):
        partner.connection.putheader("Octo-Capabilities", capability)
    partner.connection.endheaders()

    answer = partner.connection.getresponse()
    answer.read()

    assert answer.headers["Octo-Capabilities"] == "octo/pricing"


def test_health_needs_no_key(edge: Edge) -> None:
    program = OctoClient(edge.port, None)
    program.connection.request("GET", "/health")

    answer = program.connection.getresponse()

    assert (answer.status, answer.read()) == (200, b'{"status":"ok"}')
