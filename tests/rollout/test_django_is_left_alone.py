"""Who still calls Django's view is known, and a call of a retired view is an alarm."""

from tests.harness.waiting import eventually
from tests.rollout.house import House

LIST = "GET /v1/users"


def test_a_call_past_the_edge_is_noticed(house: House) -> None:
    house.set_stage(LIST, "edge")
    before = house.value("SELECT now()")

    # At most one call in some seconds is told by each process, so it may take another.
    def is_noticed() -> bool:
        house.ask("GET", "/v1/users", port=house.site_port)
        return bool(
            house.rows(
                "SELECT FROM endpoints_endpoint WHERE method = 'GET' AND path_template ="
                " '/v1/users' AND site_called_at > %s",
                before,
            )
        )

    assert eventually(is_noticed)


def test_a_shadow_request_is_not_counted_as_a_call(house: House) -> None:
    house.set_stage(LIST, "edge", is_reverse_shadowed=True, site_called_at=None)

    house.ask("GET", "/v1/users")

    assert house.verdicts(1) == ["match"]
    called_at = (
        "SELECT site_called_at FROM endpoints_endpoint WHERE method = %s AND path_shape = %s"
    )
    assert house.value(called_at, "GET", "/v1/users") is None


def test_a_call_of_a_retired_view_is_counted_and_logged(house: House) -> None:
    house.set_stage(LIST, "retired", retired_calls=0)
    counted = "SELECT retired_calls FROM endpoints_endpoint WHERE method = %s AND path_shape = %s"

    def is_counted() -> bool:
        assert house.ask("GET", "/v1/users", port=house.site_port).status == 200
        return bool(house.value(counted, "GET", "/v1/users"))

    assert eventually(is_counted)
    log = (house.door.log.parent / "site.log").read_text()
    assert "GET /v1/users is retired, and Django's view was called all the same" in log
