"""Calls of an endpoint that the edge does not have are kept sanitised, for whoever moves it."""

from api_edge.front_door.moving.at_once import token_of
from tests.front_door.running import eventually
from tests.moving.house import PARITY_KEY, House

ALLOWED = {"Portico-Compare": token_of(PARITY_KEY.encode())}

KEPT = (
    "SELECT r.target, r.status, r.answer FROM endpoints_recording r"
    " JOIN endpoints_endpoint e ON e.id = r.endpoint_id WHERE e.path_template = '/v1/statements'"
)


def test_an_example_of_each_kind_is_kept(house: House) -> None:
    assert house.ask("GET", "/v1/statements").status == 200

    assert eventually(lambda: house.rows(KEPT))
    ((target, status, answer),) = house.rows(KEPT)
    assert (target, status) == ("/v1/statements", 200)
    assert answer == {"items": []}


def test_replaying_is_nobodys_call(house: House) -> None:
    house.set_stage("GET /v1/users", "edge", site_called_at=None)

    compared = house.ask("GET", "/v1/users", headers=ALLOWED)

    assert compared.headers["Portico-Parity"] == "match"
    assert house.counted("django_calls + edge_calls") == 0
    called_at = (
        "SELECT site_called_at FROM endpoints_endpoint WHERE method = %s AND path_shape = %s"
    )
    assert house.value(called_at, "GET", "/v1/users") is None
