"""A Django project that is not Portico moves an endpoint to its edge, as MOVING_A_SHOP.md says."""

import json
import re
from itertools import count
from pathlib import Path

import pytest

from tests.harness.waiting import eventually
from tests.tutorial.shop_project import CALLERS, OwnShop, call_until, fresh_shop, open_shop

COMPARED = "SELECT count(*) FROM endpoints_paritycheck"
#: Nothing before the guard is over: MOVING_A_SHOP.md asks for ten answers of each status class.
BY_EDGE = """
    SELECT CASE WHEN (SELECT bool_and(matched >= 10) FROM endpoints_guardedclass)
                THEN coalesce(sum(edge_calls), 0)::int ELSE 0 END
      FROM endpoints_endpointhour
"""
ON_BOTH = "SELECT count(*) FROM endpoints_endpoint WHERE is_on_edge AND is_on_site"
WRITES_MATCHED = """
    SELECT count(*) FROM endpoints_paritycheck
     WHERE covers LIKE 'method:POST%' AND verdict = 'match'
"""
CHECKED = """
    SELECT partner_id, array_agg(DISTINCT django_status ORDER BY django_status)
      FROM endpoints_paritycheck WHERE verdict = 'match' GROUP BY 1 ORDER BY 1
"""


LIST_VERDICTS = """
    SELECT DISTINCT verdict FROM endpoints_paritycheck c JOIN endpoints_endpoint e
        ON e.id = c.endpoint_id
     WHERE (e.method, e.path_template) = ('GET', '/api/boats/')
"""
LIST_RECORDED = """
    SELECT 1 FROM endpoints_recording r JOIN endpoints_endpoint e ON e.id = r.endpoint_id
     WHERE (e.method, e.path_template) = ('GET', '/api/boats/')
"""

EDGE_ON_SQLITE = """
import sqlite3
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response

from api_edge.rollout.standalone import create_edge

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
        to_shadow, pin_alice, guard, to_canary, to_edge, back = shop.commands("--reason")
        everybody = ("alice", "bob", "")
        draft_a_list(shop)
        with open_shop(shop) as django:
            assert eventually(lambda: shop.rows(ON_BOTH) == [(3,)])
            shop.run(to_shadow)
            call_until(shop, everybody, lambda: shop.rows(COMPARED)[0][0] >= 120)
            assert shop.rows(CHECKED) == [
                ("alice", [200, 404]), ("bob", [200, 404]), (None, [401]),
            ]  # fmt: skip

            add_boats(shop, to_shadow)
            move_the_list(shop, to_shadow)

            # Without --force: the evidence suffices, of the shop's own callers. A pause of the
            # machine that all share proves nothing against the edge.
            give_room = guard.replace("--guarded-calls 10", "--latency-ratio 10 --tail-ratio 10")
            shop.run(f"{pin_alice} && {guard} && {give_room}")
            call_until(shop, everybody, lambda: shop.succeeds(to_canary))
            call_until(shop, ("alice",), lambda: shop.rows(BY_EDGE)[0][0] >= 110)
            call_until(shop, ("alice",), lambda: shop.succeeds(to_edge))
            django.child.stop()
            # A stage reaches the edge within a second; from then on it needs no Django.
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
            listed = shop.run("python manage.py rollout list --stage shadow")
            assert "100.0 % (answers)" in listed, listed
            assert shop.sqlite("SELECT name FROM shop_boat WHERE id > 30") == [("Santa Maria",)]


def draft_a_list(shop: OwnShop) -> None:
    """Draft another endpoint, and write what it left open as the edge has it already."""
    drafted = shop.run("python manage.py rollout scaffold GET /api/boats/")
    assert "shop/edge_boats.py" in drafted
    assert "Which callers are let in?" in drafted
    draft = shop.folder / "shop" / "edge_boats.py"
    stub, _, endpoint = draft.read_text().partition("async def authenticate(")
    endpoint = endpoint[endpoint.index("@router.get") :]
    endpoint = endpoint[: endpoint.index("    raise NotImplementedError(")]
    draft.write_text(
        f"{stub}\nfrom shop.edge import authenticate  # noqa\n"
        f"from fastapi import Response\nfrom shop.edge_boats_schemas import Boat\n\n\n"
        f"{endpoint.replace('request: Request', 'request: Request, response: Response')}"
        '    response.headers["Allow"] = "GET, POST, HEAD, OPTIONS"\n'
        '    rows = await database.fetch_all("SELECT id, name FROM shop_boat ORDER BY id", {})\n'
        "    return [Boat(id=id, name=name) for id, name in rows]\n"
    )
    edge = shop.folder / "shop" / "edge.py"
    routes = "*router.routes, *edge_boats.router.routes"
    edge.write_text(
        edge.read_text().replace(
            "app = create_edge(router.routes)",
            f"from shop import edge_boats  # noqa\n\napp = create_edge([{routes}])",
        )
    )
    again = shop.fails("python manage.py rollout scaffold GET /api/boats/")
    assert "nothing was written: shop/edge_boats_schemas.py: File exists" in again


def move_the_list(shop: OwnShop, to_shadow: str) -> None:
    """Show that the drafted endpoint agrees, and that a replay calls as the shop's own caller."""
    shop.run(to_shadow.replace("'/api/boats/{pk}/'", "/api/boats/"))

    def is_compared() -> bool:
        shop.get("/api/boats/", caller="alice")
        assert not {("mismatch",), ("unstable",)} & set(shop.rows(LIST_VERDICTS))
        # What a busy machine has given up says nothing.
        return ("match",) in shop.rows(LIST_VERDICTS) and bool(shop.rows(LIST_RECORDED))

    assert eventually(is_compared)
    assert shop.edge is not None
    replay = (
        f"PORTICO_REPLAY_AS='Authorization: Token {'bob' * 2}'"
        f" python manage.py rollout replay GET /api/boats/ --edge http://127.0.0.1:{shop.edge.port}"
    )
    assert "1 of 1 requests agree, none differs." in shop.run(replay)


def add_boats(shop: OwnShop, to_shadow: str) -> None:
    """Show that writes are tried and rolled back, done once, and compared with their rows."""
    writes_to_shadow = to_shadow.replace("GET '/api/boats/{pk}/'", "POST /api/boats/")
    shop.run(writes_to_shadow)
    numbers = count()

    def are_compared() -> bool:
        # The edge hears of the stage a moment later, and leaves out what it has no room for.
        assert shop.add(f"New boat {next(numbers)}", caller="alice").status == 201
        return bool(shop.rows(WRITES_MATCHED)[0][0] >= 5)

    assert eventually(are_compared)
    added = "SELECT count(*) FROM shop_boat WHERE name LIKE 'New boat%'"
    assert shop.rows(added) == [(next(numbers),)]
    listed = shop.run("python manage.py rollout list --stage shadow")
    assert len(re.findall(r"100\.0 % of \d", listed)) == 2, listed
    shown = json.loads(shop.run("python manage.py rollout show POST /api/boats/ --json"))
    assert "shop_boat" not in str(shown["unseen"])
