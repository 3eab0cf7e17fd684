"""A Django project that is not Portico moves an endpoint to its own edge, as the page has it."""

from itertools import count, islice
from pathlib import Path

import pytest

from tests.front_door.running import eventually
from tests.tutorial.a_shop import CALLERS, OwnShop, fresh_shop, open_shop

COMPARED = "SELECT count(*) FROM endpoints_paritycheck"
BY_EDGE = "SELECT coalesce(sum(edge_calls), 0)::int FROM endpoints_endpointhour"
ON_BOTH = "SELECT count(*) FROM endpoints_endpoint WHERE is_on_edge AND is_on_site"
CHECKED = """
    SELECT partner_id, array_agg(DISTINCT django_status ORDER BY django_status)
      FROM endpoints_paritycheck WHERE verdict = 'match' GROUP BY 1 ORDER BY 1
"""


EDGE_ON_SQLITE = """
import sqlite3
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response

from api_edge.front_door.standing import create_edge

router = APIRouter()
DATA = Path(__file__).parent.parent / "shop.sqlite3"


@router.get("/api/boats/{pk}/")
async def show_boat(pk: int, response: Response) -> dict[str, object]:
    response.headers["Allow"] = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"
    with sqlite3.connect(DATA) as database:
        row = database.execute("SELECT id, name FROM shop_boat WHERE id = ?", [pk]).fetchone()
    if row is None:
        raise HTTPException(404)
    return {"id": row[0], "name": row[1]}


@router.post("/api/boats/")
async def add_boat() -> None:
    with sqlite3.connect(DATA) as database:
        database.execute("INSERT INTO shop_boat (name) VALUES ('by a dry run')")


app = create_edge(router.routes)
"""
CALLERS_ON_SQLITE = """
def identify(request):
    return request.headers.get("authorization", "")[-5:] or None
"""


def test_from_startproject_to_the_edge_and_back(tmp_path: Path) -> None:
    with fresh_shop(tmp_path) as shop:
        shop.follow(until="4.")
        shop.run(f"python manage.py shell -v0 -c '{CALLERS}'")
        to_shadow, pin_alice, to_canary, to_edge, back = shop.commands("--reason")
        with open_shop(shop) as site:
            shop.run(to_shadow)
            call_until(shop, COMPARED, ("alice", "bob", ""), most=120)
            assert shop.rows(CHECKED) == [
                ("alice", [200, 404]), ("bob", [200, 404]), (None, [401]),
            ]  # fmt: skip

            add_boats(shop, to_shadow)

            # Without --force: the evidence suffices, of the shop's own callers.
            shop.run(f"{pin_alice} && {to_canary}")
            call_until(shop, BY_EDGE, ("alice",), most=110)
            shop.run(to_edge)
            site.child.stop()
            # A stage reaches the edge within a second; from then on it needs no site.
            assert eventually(lambda: shop.get("/api/boats/1/", caller="bob").status == 200)

            shop.run(back)
            assert eventually(lambda: shop.get("/api/boats/1/", caller="bob").status == 502)


@pytest.mark.long
def test_data_in_sqlite_are_compared_by_answers_only(tmp_path: Path) -> None:
    with fresh_shop(tmp_path) as shop:
        shop.follow(until="2.")
        shop.follow(since="2.", until="4.", runs_commands=False)
        shop.follow(since="Data in SQLite", until="", runs_commands=False)
        (tmp_path / "shop" / "edge.py").write_text(EDGE_ON_SQLITE)
        (tmp_path / "shop" / "callers.py").write_text(CALLERS_ON_SQLITE)
        (registry,) = shop.commands("--database registry")
        shop.run(f"python manage.py makemigrations shop && {registry} && python manage.py migrate")
        shop.run(f"python manage.py shell -v0 -c '{CALLERS}'")
        to_shadow, *_ = shop.commands("--reason")
        with open_shop(shop, PORTICO_FOREIGN_DATABASE="yes"):
            assert eventually(lambda: shop.rows(ON_BOTH) == [(2,)])
            shop.run(to_shadow)
            shop.run(to_shadow.replace("GET '/api/boats/{pk}/'", "POST /api/boats/"))
            for number in range(1, 11):
                shop.get(f"/api/boats/{number}/", caller="alice")
            shop.add("Santa Maria", caller="alice")

            # As many reads as there was room for.
            verdicts = "SELECT DISTINCT verdict FROM endpoints_paritycheck ORDER BY 1"
            assert eventually(lambda: shop.rows(verdicts) == [("foreign data",), ("match",)])
            listed = shop.run("python manage.py endpoints list --stage shadow")
            assert "100.0 % (answers)" in listed, listed
            assert shop.sqlite("SELECT name FROM shop_boat WHERE id > 30") == [("Santa Maria",)]


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
    numbers = count()

    def are_counted() -> bool:
        # A busy edge leaves comparisons out.
        for number in islice(numbers, 30):
            shop.get(f"/api/boats/{number % 40 + 1}/", caller=callers[number % len(callers)])
        return shop.rows(counted)[0][0] >= most

    assert eventually(are_counted, seconds=60)
