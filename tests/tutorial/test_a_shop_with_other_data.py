"""A shop with its data in another PostgreSQL than the registry: only reads are compared."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from tests.harness.waiting import eventually
from tests.tutorial.shop_project import CALLERS, call_until, fresh_shop, open_shop

SETTINGS = """
from psycopg.conninfo import conninfo_to_dict

_parts = conninfo_to_dict(os.environ["SHOP_DATA"])
DATABASES["default"] = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": _parts["dbname"],
    "USER": _parts["user"],
    "HOST": _parts["host"],
    "PORT": _parts.get("port", ""),
    "PASSWORD": _parts.get("password", ""),
}
"""

EDGE = """
import os

import psycopg
from fastapi import APIRouter, HTTPException, Response

from api_edge.rollout.standalone import create_edge

router = APIRouter()


@router.get("/api/boats/{pk}/")
async def show_boat(pk: int, response: Response) -> dict[str, object]:
    response.headers["Allow"] = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"
    async with await psycopg.AsyncConnection.connect(os.environ["SHOP_DATA"]) as data:
        found = await data.execute("SELECT id, name FROM shop_boat WHERE id = %s", [pk])
        row = await found.fetchone()
    if row is None:
        raise HTTPException(
            404, "No Boat matches the given query.", headers={"Allow": response.headers["Allow"]}
        )
    return {"id": row[0], "name": row[1]}


@router.post("/api/boats/")
async def add_boat() -> None:
    async with await psycopg.AsyncConnection.connect(os.environ["SHOP_DATA"]) as data:
        await data.execute("INSERT INTO shop_boat (name) VALUES ('by a dry run')")


app = create_edge(router.routes)
"""

NAMES = """
def identify(request):
    return request.headers.get("authorization", "")[-5:] or None
"""


@contextmanager
def data_database() -> Iterator[str]:
    """Make one that is not the registry's, and that no role of the registry's can enter."""
    server = os.environ["DATABASE_URL"]
    name = f"{psycopg.conninfo.conninfo_to_dict(server)['dbname']}_{secrets.token_hex(4)}"
    with psycopg.connect(make_conninfo(server, dbname="postgres"), autocommit=True) as maintenance:
        maintenance.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield make_conninfo(server, dbname=name)
        finally:
            maintenance.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.mark.long
def test_data_in_another_postgresql_are_compared_by_answers_only(tmp_path: Path) -> None:
    with fresh_shop(tmp_path) as shop, data_database() as data:
        shop.environment = dict(shop.environment) | {"SHOP_DATA": data}
        shop.follow(until="2.")
        shop.follow(since="2.", until="4.", runs_commands=False)
        shop.follow(since="Data in SQLite", until="", runs_commands=False)
        with (tmp_path / "shop" / "settings.py").open("a") as settings:
            settings.write(SETTINGS)
        (tmp_path / "shop" / "edge.py").write_text(EDGE)
        (tmp_path / "shop" / "callers.py").write_text(NAMES)
        (registry,) = shop.commands("--database registry")
        shop.run(f"python manage.py makemigrations shop && {registry} && python manage.py migrate")
        shop.run(f"python manage.py shell -v0 -c '{CALLERS}'")
        to_shadow, pin_alice, guard, to_canary, to_edge, _ = shop.commands("--reason")
        with open_shop(shop, PORTICO_FOREIGN_DATABASE="yes") as django:
            shop.run(to_shadow)
            shop.run(to_shadow.replace("GET '/api/boats/{pk}/'", "POST /api/boats/"))
            compared = "SELECT count(*) FROM endpoints_paritycheck"
            call_until(shop, ("alice", "bob"), lambda: shop.rows(compared)[0][0] >= 120)
            shop.add("Santa Maria", caller="alice")

            verdicts = "SELECT DISTINCT verdict FROM endpoints_paritycheck ORDER BY 1"
            assert eventually(lambda: shop.rows(verdicts) == [("foreign data",), ("match",)])
            listed = shop.run("python manage.py rollout list --stage shadow")
            assert "100.0 % (answers)" in listed, listed
            assert boats(data) == [("Santa Maria",)]
            assert shop.rows("SELECT to_regclass('shop_boat')") == [(None,)]

            shop.run(f"{pin_alice} && {guard} && {to_canary}")
            by_edge = "SELECT coalesce(sum(edge_calls), 0)::int FROM endpoints_endpointhour"
            call_until(shop, ("alice",), lambda: shop.rows(by_edge)[0][0] >= 110)
            shop.run(to_edge)
            django.child.stop()
            assert eventually(lambda: shop.get("/api/boats/1/", caller="bob").status == 200)


def boats(data: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(data) as connection:
        return connection.execute("SELECT name FROM shop_boat WHERE id > 30").fetchall()
