"""What makes ``deploy/up`` impossible is said in one line with the remedy; nothing is started."""

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.embedded_postgres import EmbeddedPostgres, _why_initdb_failed
from tests.harness.deploy_up import reachable_folder, refused_up


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server with a role ``seller`` that needs a password; yields how to reach it as that."""
    with (
        reachable_folder() as folder,
        EmbeddedPostgres(folder / "postgres", log=folder / "log", is_fast=True) as embedded,
    ):
        with psycopg.connect(embedded.url(), autocommit=True) as connection:
            connection.execute("CREATE ROLE seller LOGIN PASSWORD 'right'")
            access = folder / "postgres" / "pg_hba.conf"
            access.write_text("local all seller scram-sha-256\nlocal all all trust\n")
            connection.execute("SELECT pg_reload_conf()")
        yield embedded.url().replace("postgres@", "seller:right@")


def refusal(tmp_path: Path, *options: str, **environment: str) -> str:
    """Return the one line with which it refuses, after checking that it left nothing running."""
    refused = refused_up("--port", "0", "--data", str(tmp_path / "data"), *options, **environment)

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert processes_for(tmp_path) == []
    lines = [line for line in refused.stderr.splitlines() if not line.startswith("  ")]
    assert len(lines) == 1, refused.stderr
    return lines[0]


def processes_for(folder: Path) -> list[psutil.Process]:
    """Return the processes whose command line or environment names the folder, such as orphans."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            texts = [*process.cmdline(), *process.environ().values()]
            if any(str(folder) in text for text in texts):
                found.append(process)
    return found


def test_a_taken_port(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

        line = refusal(tmp_path, "--port", str(port))

    assert f"port {port} is taken" in line
    assert "--port" in line


def test_a_data_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    line = refusal(tmp_path, "--data", str(tmp_path / "file" / "data"))

    assert "cannot write to the data folder" in line
    assert "--data" in line


@pytest.mark.parametrize(
    "url",
    [
        "just words",
        "mysql://root@127.0.0.1/portico",
        "postgresql://seller:a/b@127.0.0.1:5432/portico",
        "postgresql://seller:right@127.0.0.1:port/portico",
    ],
)
def test_a_malformed_database_url(tmp_path: Path, url: str) -> None:
    line = refusal(tmp_path, DATABASE_URL=url)

    assert "DATABASE_URL is malformed; it looks like postgresql://user:password@" in line


def test_a_database_url_without_a_database(tmp_path: Path) -> None:
    line = refusal(tmp_path, DATABASE_URL="postgresql://seller:right@127.0.0.1")

    assert "names no database" in line


def test_a_wrong_password(tmp_path: Path, server: str) -> None:
    line = refusal(tmp_path, DATABASE_URL=server.replace("right", "wrong"))

    assert "refuses the password of user 'seller'" in line
    assert "wrong" not in line


def test_a_database_that_does_not_exist(tmp_path: Path, server: str) -> None:
    line = refusal(tmp_path, DATABASE_URL=server.replace("/portico?", "/elsewhere?"))

    assert "the database 'elsewhere' does not exist" in line
    assert "createdb elsewhere" in line


def test_a_user_who_may_not_create_tables(tmp_path: Path, server: str) -> None:
    line = refusal(tmp_path, DATABASE_URL=server)

    assert "seller may not create tables" in line


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as opened:
        port = opened.getsockname()[1]

    line = refusal(tmp_path, DATABASE_URL=f"postgresql://seller@127.0.0.1:{port}/portico")

    assert f"no PostgreSQL server answers at 127.0.0.1:{port}/portico" in line


def test_a_server_that_never_answers(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]

        line = refusal(tmp_path, DATABASE_URL=f"postgresql://seller@127.0.0.1:{port}/portico")

    assert f"no PostgreSQL server answers at 127.0.0.1:{port}/portico" in line


def test_an_edge_on_another_server_than_the_embedded_one(tmp_path: Path) -> None:
    line = refusal(tmp_path, EDGE_DATABASE_URL="postgresql://edge@127.0.0.1/portico")

    assert "EDGE_DATABASE_URL is given without DATABASE_URL" in line


def test_a_setting_that_django_refuses(tmp_path: Path, server: str) -> None:
    url = server.replace("seller:right@", "postgres@")

    line = refusal(tmp_path, DATABASE_URL=url, PORTICO_PUBLIC_URL="the shop")

    assert "PORTICO_PUBLIC_URL is 'the shop', but must be a web address" in line


def test_a_full_disk(tmp_path: Path, server: str) -> None:
    log = tmp_path / "data" / "logs" / "commands.log"
    log.parent.mkdir(parents=True)
    log.symlink_to("/dev/full")

    line = refusal(tmp_path, DATABASE_URL=server.replace("seller:right@", "postgres@"))

    assert "cannot be written (No space left on device)" in line


def test_the_error_of_initdb_is_shown_and_not_how_it_tidies_up() -> None:
    output = (
        "running bootstrap script ... FATAL:  could not write to file: No space left on device\n"
        "child process exited with exit code 1\n"
        'initdb: removing contents of data directory "/data"\n'
    )

    assert "No space left on device" in _why_initdb_failed(output)


@pytest.mark.parametrize(
    ("option", "mistake"),
    [
        *((f"--port={port}", "is not a port") for port in ("-1", "65536", "eighty", "८०")),
        ("--data=~no_such_user/data", "is no path of a folder"),
        ("--demo-bookings=99", "must be a whole number from 100 on"),
    ],
)
def test_an_option_that_cannot_be(option: str, mistake: str) -> None:
    refused = refused_up(option)

    assert refused.returncode == 2
    assert mistake in refused.stderr
