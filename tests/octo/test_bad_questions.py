"""A question that makes no sense is answered with the name of the field that does not."""

import pytest

from tests.harness.clients import OctoClient

pytestmark = pytest.mark.usefixtures("nothing_is_stored", "the_connection_stays_usable")

LONG = "x" * 300

QUESTIONS: dict[str, tuple[str, dict[str, object], str]] = {
    "a calendar without an end": (
        "calendar",
        {"localDateStart": "2027-01-01"},
        "localDateEnd is required",
    ),
    "a date that does not exist": (
        "calendar",
        {"localDateStart": "2027-02-30", "localDateEnd": "2027-03-01"},
        "localDateStart must be a date that exists",
    ),
    "a date with a time": (
        "calendar",
        {"localDateStart": "2027-02-01T00:00:00", "localDateEnd": "2027-03-01"},
        "localDateStart must be a date such as",
    ),
    "a date that is a number": (
        "calendar",
        {"localDateStart": 20270201, "localDateEnd": "2027-03-01"},
        "localDateStart must be a date in text",
    ),
    "the year zero": (
        "calendar",
        {"localDateStart": "0000-01-01", "localDateEnd": "0000-03-01"},
        "localDateStart must be a date that exists; localDateEnd must be a date that exists",
    ),
    "an end before the start": (
        "calendar",
        {"localDateStart": "2027-03-02", "localDateEnd": "2027-03-01"},
        "localDateEnd must not be before localDateStart",
    ),
    "a range of over a year": (
        "calendar",
        {"localDateStart": "2027-03-02", "localDateEnd": "2028-03-03"},
        "localDateEnd must be at most one year after localDateStart",
    ),
    "no way to ask": ("", {}, "exactly one must be sent of localDate"),
    "two ways to ask": (
        "",
        {"localDate": "2027-01-01", "availabilityIds": ["x"]},
        "availabilityIds must not be sent together with localDate",
    ),
    "half a range": (
        "",
        {"localDateStart": "2027-01-01"},
        "localDateEnd must come with localDateStart",
    ),
    "the other half": (
        "",
        {"localDateEnd": "2027-01-01"},
        "localDateStart must come with localDateEnd",
    ),
    "an empty list of ids": (
        "",
        {"availabilityIds": []},
        "availabilityIds must have at least 1 entry",
    ),
    "101 ids": (
        "",
        {"availabilityIds": ["x"] * 101},
        "availabilityIds must have at most 100 entries",
    ),
    "a quantity of 0": (
        "",
        {"localDate": "2027-01-01", "units": [{"id": "adult", "quantity": 0}]},
        "units[0].quantity must be at least 1",
    ),
    "a quantity of -1": (
        "",
        {"localDate": "2027-01-01", "units": [{"id": "adult", "quantity": -1}]},
        "units[0].quantity must be at least 1",
    ),
    "a quantity of a thousand millions": (
        "",
        {"localDate": "2027-01-01", "units": [{"id": "adult", "quantity": 10**9}]},
        "units[0].quantity must be at most 1000000",
    ),
    "no quantity": (
        "",
        {"localDate": "2027-01-01", "units": [{"id": "adult"}]},
        "units[0].quantity is required",
    ),
}


@pytest.mark.parametrize(("path", "question", "message"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_malformed_question_about_availability(
    partner: OctoClient, path: str, question: dict[str, object], message: str
) -> None:
    asked = {"productId": "river-kayak", "optionId": "DEFAULT"} | question

    refused = partner.post(f"/octo/availability/{path}", asked)

    assert (refused.status, refused.error) == (400, "BAD_REQUEST")
    assert refused.message.startswith(message)


def test_the_last_days_of_the_calendar_are_no_trouble(partner: OctoClient) -> None:
    asked = {"productId": "river-kayak", "optionId": "DEFAULT"}

    answer = partner.post(
        "/octo/availability/calendar",
        asked | {"localDateStart": "9999-12-01", "localDateEnd": "9999-12-31"},
    )

    assert [day["status"] for day in answer.body] == ["CLOSED"] * 31


def test_an_unknown_unit_in_a_question_is_echoed(partner: OctoClient) -> None:
    refused = partner.post(
        "/octo/availability",
        {
            "productId": "river-kayak",
            "optionId": "DEFAULT",
            "localDate": "2027-01-01",
            "units": [{"id": "adult", "quantity": 1}, {"id": "dog", "quantity": 1}],
        },
    )

    assert (refused.error, refused.body["unitId"]) == ("INVALID_UNIT_ID", "dog")
    assert refused.message.startswith("units[1].id")


SEARCHES = {
    "nothing": ("", "one must be sent of resellerReference"),
    "only empty values": (
        "resellerReference=&localDate=&localDateStart=",
        "one must be sent of resellerReference",
    ),
    "only what narrows": (
        "productId=river-kayak&optionId=DEFAULT",
        "one must be sent of resellerReference",
    ),
    "half a range": (
        "localDateStart=2027-01-01",
        "localDateEnd must come with localDateStart",
    ),
    "a range that runs backwards": (
        "localDateStart=2027-01-02&localDateEnd=2027-01-01",
        "localDateEnd must not be before localDateStart",
    ),
    "a date that does not exist": ("localDate=2027-02-29", "localDate must be a date that exists"),
    "a NUL byte": ("supplierReference=%00", "supplierReference must not contain the character"),
    "a reference sent twice": (
        "resellerReference=a&localDate=2027-01-01&resellerReference=a",
        "resellerReference must be sent once",
    ),
    "a long reference": (f"resellerReference={LONG}", "resellerReference must have at most 255"),
}


@pytest.mark.parametrize(("query", "message"), SEARCHES.values(), ids=SEARCHES)
def test_a_search_for_nothing_in_particular(partner: OctoClient, query: str, message: str) -> None:
    refused = partner.get(f"/octo/bookings?{query}")

    assert (refused.status, refused.error) == (400, "BAD_REQUEST")
    assert refused.message.startswith(message)


def test_unknown_fields_are_ignored(partner: OctoClient) -> None:
    answer = partner.post(
        "/octo/availability",
        {
            "productId": "river-kayak",
            "optionId": "DEFAULT",
            "availabilityIds": ["none"],
            "colour": "green",
            "units": [{"id": "adult", "quantity": 1, "pickup": {"\0": "\0"}}],
        },
    )

    assert (answer.status, answer.body) == (200, [])
