"""Who still calls Django's view is known, and a call of a retired view is an alarm."""

from tests.harness.waiting import eventually
from tests.rollout.stack import Stack

LIST = "GET /v1/users"


def test_a_call_past_the_edge_is_noticed(stack: Stack) -> None:
    stack.set_stage(LIST, "edge")
    before = stack.value("SELECT now()")

    # At most one call in some seconds is told by each process, so it may take another.
    def is_noticed() -> bool:
        stack.ask("GET", "/v1/users", port=stack.django_port)
        return bool(
            stack.rows(
                "SELECT FROM endpoints_endpoint WHERE method = 'GET' AND path_template ="
                " '/v1/users' AND site_called_at > %s",
                before,
            )
        )

    assert eventually(is_noticed)


def test_a_shadow_request_is_not_counted_as_a_call(stack: Stack) -> None:
    stack.set_stage(LIST, "edge", is_reverse_shadowed=True, site_called_at=None)

    stack.ask("GET", "/v1/users")

    assert stack.verdicts(1) == ["match"]
    called_at = (
        "SELECT site_called_at FROM endpoints_endpoint WHERE method = %s AND path_shape = %s"
    )
    assert stack.value(called_at, "GET", "/v1/users") is None


def test_a_call_of_a_retired_view_is_counted_and_logged(stack: Stack) -> None:
    stack.set_stage(LIST, "retired", retired_calls=0)
    counted = "SELECT retired_calls FROM endpoints_endpoint WHERE method = %s AND path_shape = %s"

    def is_counted() -> bool:
        assert stack.ask("GET", "/v1/users", port=stack.django_port).status == 200
        return bool(stack.value(counted, "GET", "/v1/users"))

    assert eventually(is_counted)
    log = (stack.edge.log.parent / "django.log").read_text()
    assert "GET /v1/users is retired, and Django's view was called all the same" in log
