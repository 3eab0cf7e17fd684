"""An error of Django is a problem (RFC 9457) below every prefix of the API, and has an id."""

import json
from typing import Any

import pytest
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from core_site.config.unavailable import answer_server_error
from core_site.partner_api.problems import answer_problem
from core_site.problem_details import answer_not_found


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/boats", "application/problem+json"),
        ("/v1/boats", "application/problem+json"),
        ("/v1", "application/problem+json"),
        ("/apiary", "text/html"),
        ("/admin/boats", "text/html"),
    ],
)
@pytest.mark.django_db
def test_in_the_dialect_of_its_address(client: Client, settings: Any, path: str, kind: str) -> None:
    settings.ENDPOINT_PREFIXES = ["/api/", "/v1/"]
    request = RequestFactory().get(path)
    try:
        raise ValueError("ada@example.com")
    except ValueError:
        broken = answer_server_error(request)
    missing = answer_not_found(request, Http404())
    misdirected = client.get(path, headers={"Host": "elsewhere.example"})

    assert [answer.status_code for answer in (broken, missing, misdirected)] == [500, 404, 400]
    for answer in (broken, missing, misdirected):
        assert answer["Content-Type"].partition(";")[0] == kind
        assert b"ada@" not in answer.content
    if "json" in kind:
        assert json.loads(broken.content)["requestId"] == broken["X-Request-Id"]


def test_a_nested_field_is_named_by_its_path() -> None:
    class Ticket(serializers.Serializer[Any]):
        code = serializers.CharField()

    class Order(serializers.Serializer[Any]):
        tickets = Ticket(many=True)

    order = Order(data={"tickets": [{"code": "A"}, {}]})
    assert not order.is_valid()
    request = RequestFactory().post("/v1/orders")

    for invalid, field in (
        (ValidationError(order.errors), "tickets.1.code"),
        (ValidationError("No places are left."), None),
    ):
        answer = json.loads(answer_problem(invalid, {"request": request, "view": None}).content)

        assert (answer["status"], answer.get("field")) == (422, field)
        assert len(answer["errors"]) == 1
