"""On an external server: three logins, an owner that is no superuser, and no demo unasked."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy import summary
from deploy.console import SetupError
from deploy.database_url import Logins
from deploy.embedded_postgres import EmbeddedPostgres
from tests.harness.deploy_up import reachable_folder, refused_up, running_up

OWNER = "postgresql://seller:right@db.example/shop"
SITE = "postgresql://seller_web:one@db.example/shop"
EDGE = "postgresql://seller_api:two@db.example/shop"


def logins(**environment: str) -> Logins:
    owner = environment.get("OWNER_DATABASE_URL") or environment["DATABASE_URL"]
    return Logins.from_environment(owner, environment, lambda name: f"secret {name}")


def test_logins_that_are_not_given_are_made_from_the_owners() -> None:
    made = logins(DATABASE_URL=OWNER)

    assert made.owner == OWNER
    assert made.django == "postgresql://shop_site:secret%20site_password@db.example/shop"
    assert made.edge == "postgresql://shop_edge:secret%20edge_password@db.example/shop"
    assert [*made.passwords.values()] == ["secret site_password", "secret edge_password"]


def test_logins_that_are_given_are_used() -> None:
    given = logins(OWNER_DATABASE_URL=OWNER, DATABASE_URL=SITE, EDGE_DATABASE_URL=EDGE)

    assert (given.owner, given.django, given.edge) == (OWNER, SITE, EDGE)
    # Where their roles do not exist yet, or with --set-passwords, they are given these.
    assert [*given.passwords.values()] == ["one", "two"]
    peer = logins(DATABASE_URL=OWNER, EDGE_DATABASE_URL="postgresql://seller_api@/shop")
    assert peer.passwords["PORTICO_EDGE_PASSWORD"] == ""


@pytest.mark.parametrize(
    ("variable", "url", "reason"),
    [
        ("DATABASE_URL", "postgresql://web:p/w@db.example/shop", "DATABASE_URL is malformed"),
        ("EDGE_DATABASE_URL", "postgresql://db.example/shop", "EDGE_DATABASE_URL names no user"),
        ("EDGE_DATABASE_URL", "postgresql://api@db.example", "EDGE_DATABASE_URL names no database"),
    ],
)
def test_a_login_that_cannot_be_one_is_named(variable: str, url: str, reason: str) -> None:
    with pytest.raises(SetupError, match=reason) as refusal:
        logins(OWNER_DATABASE_URL=OWNER, **{variable: url})

    assert "p/w" not in str(refusal.value)


def test_the_command_that_makes_the_first_staff_user_can_be_pasted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manage = "/home/o'brien/my shop/manage.py"
    monkeypatch.setattr(summary, "MANAGE", manage)
    shown = summary.Summary(
        edge_url="http://127.0.0.1:8000", logins=logins(DATABASE_URL=OWNER), demo={}, pids={}
    ).as_text()

    (line,) = (line for line in shown.splitlines() if "createsuperuser" in line)

    assert shlex.split(line)[-2:] == [manage, "createsuperuser"]


@pytest.fixture
def server() -> Iterator[str]:
    """A server that asks for passwords; yields the login of a database's owner, no superuser."""
    with (
        reachable_folder() as folder,
        EmbeddedPostgres(folder / "postgres", log=folder / "log", is_fast=True) as embedded,
    ):
        with psycopg.connect(embedded.url(), autocommit=True) as connection:
            connection.execute("CREATE ROLE seller LOGIN CREATEROLE PASSWORD 'right'")
            connection.execute("ALTER DATABASE portico OWNER TO seller")
            access = folder / "postgres" / "pg_hba.conf"
            access.write_text("local all postgres trust\nlocal all all scram-sha-256\n")
            connection.execute("SELECT pg_reload_conf()")
        yield embedded.url().replace("postgres@", "seller:right@")


@pytest.mark.long
def test_it_runs_by_three_roles_without_a_demo(server: str, tmp_path: Path) -> None:
    # A login that is given is made with its own password where there is none yet.
    edge = server.replace("seller:right@", "seller_api:two@")
    with running_up(tmp_path / "first", DATABASE_URL=server, EDGE_DATABASE_URL=edge) as running:
        summary = running.summary
        with psycopg.connect(summary["owner_database_url"]) as owner:
            sessions = owner.execute(
                "SELECT DISTINCT usename FROM pg_stat_activity"
                # Autovacuum comes there as well, and is no user.
                " WHERE datname = 'portico' AND backend_type = 'client backend'"
                " AND pid <> pg_backend_pid()"
            ).fetchall()
            suppliers = owner.execute("SELECT count(*) FROM catalog_supplier").fetchall()

        # One from another data folder takes nothing away from it.
        options = ("--port", "0", "--data", str(tmp_path / "second"))
        refused = refused_up(*options, DATABASE_URL=server)
        psycopg.connect(summary["database_url"]).close()

    assert {user for (user,) in sessions} == {"portico_site", "seller_api"}
    assert summary["api_key"] is summary["admin_user"] is None
    assert suppliers == [(0,)]
    assert refused.returncode == 1
    assert "'portico_site' cannot log in" in refused.stderr
    assert "--set-passwords" in refused.stderr
