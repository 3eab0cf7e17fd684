"""Where Django refuses a call, the edge's list names the refusal and the fields at fault."""

import pytest
from django.test import RequestFactory

from api_edge.proxy.response_head import start_response
from core_site.problem_details import problem_response
from shared_domain.rollout.wire import PROBLEM_HEADER, pack_problem, unpack_problem

GUEST = "clara.duarte@example.com"


def test_a_refusal_travels_from_django_to_the_edge_and_no_farther() -> None:
    errors = [
        {"field": "age", "rule": "invalid", "message": "A valid integer is required."},
        {"field": GUEST, "rule": "unexpected", "message": "Unexpected field."},
    ]
    answer = problem_response(
        RequestFactory().get("/v1/users"), 422, "age: …", name="request-malformed", errors=errors
    )
    scope = {"type": "http", "state": {}}
    headers = [(name.encode(), value.encode()) for name, value in answer.items()]

    message = start_response(scope, 422, headers, is_chunked=False)

    assert scope["state"]["error_told"] == (
        422, "urn:portico:problem:request-malformed", "request-malformed",
        ("age", "(unknown field)"),
    )  # fmt: skip
    assert GUEST not in answer[PROBLEM_HEADER]
    assert PROBLEM_HEADER.encode() not in dict(message["headers"])


@pytest.mark.parametrize(
    "sent", [f"user-not-found;{GUEST}", "No Name;id", f";{'a,' * 11}a", "\xe9"]
)
def test_what_is_no_name_is_left_out(sent: str) -> None:
    assert unpack_problem(sent) is None
    assert unpack_problem(pack_problem("user-not-found", ["id", GUEST, "id"])) == (
        "user-not-found",
        ("id",),
    )
