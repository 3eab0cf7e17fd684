"""The comparison that every test here relies on finds what is wrong with an answer."""

import copy
from typing import Any

import pytest

from tests.harness.clients import OctoClient
from tests.harness.octo_schemas import check_answer, octos_document


@pytest.fixture
def booking(partner: OctoClient) -> Any:
    return partner.confirmed()


SPOILED = {
    "a key is missing": lambda booking: booking.pop("resellerReference"),
    "a nested key is missing": lambda booking: booking["unitItems"][0]["contact"].pop("notes"),
    "null where there must be a value": lambda booking: booking.update(status=None),
    "an unknown status": lambda booking: booking.update(status="HELD"),
    "a number in text": lambda booking: booking["availability"].update(vacancies="10"),
    "no uuid": lambda booking: booking.update(uuid="41877"),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_with_porticos_own_document(booking: Any, spoil: Any) -> None:
    spoil(booking)

    with pytest.raises(AssertionError, match="Portico's document"):
        check_answer("GET", f"/octo/bookings/{booking['uuid']}", 200, booking)


@pytest.mark.octo_reference
@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_with_octos_document(booking: Any, spoil: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert octos_document() is not None
    good, path = copy.deepcopy(booking), f"/octo/bookings/{booking['uuid']}"
    monkeypatch.setattr("tests.harness.octo_schemas.check_with_our_own", lambda *answer: None)

    check_answer("GET", path, 200, good)
    spoil(booking)

    with pytest.raises(AssertionError, match="OCTO's document"):
        check_answer("GET", path, 200, booking)


def test_a_moment_with_a_fraction_is_found(booking: Any) -> None:
    booking["utcCreatedAt"] = "2026-07-01T10:02:41.5Z"

    with pytest.raises(AssertionError, match="utcCreatedAt"):
        check_answer("GET", f"/octo/bookings/{booking['uuid']}", 200, booking)


def test_an_undocumented_status_is_found() -> None:
    with pytest.raises(AssertionError, match="418 is not documented"):
        check_answer("GET", "/octo/products", 418, {})
