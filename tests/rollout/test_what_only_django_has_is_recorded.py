"""Calls of an endpoint that the edge lacks are kept sanitised, for the developer of its twin."""

from tests.harness.waiting import eventually
from tests.rollout.stack import Stack

KEPT = (
    "SELECT r.target, r.status, r.answer FROM endpoints_recording r"
    " JOIN endpoints_endpoint e ON e.id = r.endpoint_id WHERE e.path_template = '/v1/statements'"
)


def test_an_example_of_each_kind_is_kept(stack: Stack) -> None:
    # A call a second is looked at, and a kind that was kept before is not kept again.
    def is_kept() -> bool:
        assert stack.ask("GET", "/v1/statements?format=json").status == 200
        return bool(stack.rows(KEPT))

    assert eventually(is_kept)
    ((target, status, answer),) = stack.rows(KEPT)
    assert target.startswith("/v1/statements?format=")
    assert (status, answer) == (200, {"items": []})
