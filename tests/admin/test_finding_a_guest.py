"""Staff find a guest's booking by what was typed, however it is spelled."""

import pytest
from django.test import Client

from tests.admin.staff import Desk

LIST = "/admin/bookings/booking/"


@pytest.mark.parametrize(
    "typed",
    [
        "jürgen.groß@müller.example",
        "JÜRGEN.Groß",
        " ju\u0308rgen\u200b",
        "\u202agroß-weber\u202c",
        "Groß\u00a0",
        "TRV 1",
        "TRV 1\t",
        "\ufeffTRV 1",
    ],
)
def test_what_is_typed_is_folded_like_what_is_stored(rosa: Client, desk: Desk, typed: str) -> None:
    guest = {"email_address": "Jürgen.Groß@MÜLLER.example", "last_name": "Groß-Weber"}
    wanted = desk.held(contact=guest, reseller_reference="TRV\n1")
    desk.held(contact={"email_address": "clara@example.com", "last_name": "Duarte"})

    found = list(rosa.get(LIST, {"q": typed}).context["cl"].queryset)

    assert found == [wanted]


@pytest.mark.parametrize("typed", ["%", "_ürgen", "jürgen.gros%", "\\"])
def test_nothing_typed_is_a_pattern(rosa: Client, desk: Desk, typed: str) -> None:
    desk.held(contact={"email_address": "jürgen.gross@example.com"})

    assert not rosa.get(LIST, {"q": f"{typed}{typed}"}).context["cl"].queryset
