"""A Django project that is not Portico moves an endpoint to its own edge, as the page has it."""

from pathlib import Path

from tests.front_door.running import eventually
from tests.tutorial.a_shop import CALLERS, OwnShop, fresh_shop, open_shop

COMPARED = "SELECT count(*) FROM endpoints_paritycheck"
BY_EDGE = "SELECT coalesce(sum(edge_calls), 0)::int FROM endpoints_endpointhour"
CHECKED = """
    SELECT partner_id, array_agg(DISTINCT django_status ORDER BY django_status)
      FROM endpoints_paritycheck WHERE verdict = 'match' GROUP BY 1 ORDER BY 1
"""


def test_from_startproject_to_the_edge_and_back(tmp_path: Path) -> None:
    with fresh_shop(tmp_path) as shop:
        shop.follow(until="4.")
        shop.run(f"python manage.py shell -v0 -c '{CALLERS}'")
        to_shadow, to_canary, pin_alice, to_edge, back = shop.commands("--reason")
        with open_shop(shop) as site:
            shop.run(to_shadow)
            call_until(shop, COMPARED, ("alice", "bob", ""), most=120)
            assert shop.rows(CHECKED) == [
                ("alice", [200, 404]), ("bob", [200, 404]), (None, [401]),
            ]  # fmt: skip

            add_boats(shop, to_shadow)

            # Without --force: the evidence suffices, of the shop's own callers.
            shop.run(f"{to_canary} && {pin_alice}")
            call_until(shop, BY_EDGE, ("alice",), most=110)
            shop.run(to_edge)
            site.child.stop()
            # A stage reaches the edge within a second; from then on it needs no site.
            assert eventually(lambda: shop.get("/api/boats/1/", caller="bob").status == 200)

            shop.run(back)
            assert eventually(lambda: shop.get("/api/boats/1/", caller="bob").status == 502)


def add_boats(shop: OwnShop, to_shadow: str) -> None:
    """Show that a write is tried and rolled back, done once, and compared by its answers only."""
    of_writes = to_shadow.replace("GET '/api/boats/{pk}/'", "POST /api/boats/")
    shop.run(of_writes)
    for number in range(5):
        assert shop.add(f"New boat {number}", caller="alice").status == 201
    written = "SELECT count(*) FROM endpoints_paritycheck WHERE covers LIKE 'method:POST%'"
    assert eventually(lambda: shop.rows(written) == [(5,)])
    assert shop.rows("SELECT count(*) FROM shop_boat WHERE name LIKE 'New boat%'") == [(5,)]
    listed = shop.run("python manage.py endpoints list --stage shadow")
    assert "100.0 % (answers)" in listed, listed


def call_until(shop: OwnShop, counted: str, callers: tuple[str, ...], *, most: int) -> None:
    """Call a boat after the other, some of which are not there, until so many are counted."""
    for number in range(most):
        shop.get(f"/api/boats/{number % 40 + 1}/", caller=callers[number % len(callers)])
    assert eventually(lambda: shop.rows(counted)[0][0] >= most)
