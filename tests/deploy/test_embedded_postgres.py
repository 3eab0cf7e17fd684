"""The embedded PostgreSQL starts on any path, survives a crash, and keeps to itself."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.console import SetupError
from deploy.embedded_postgres import EmbeddedPostgres
from tests.harness.deploy_up import reachable_folder, wait_until_gone


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with data that one test leaves to the next: making it takes longest."""
    with reachable_folder() as reachable:
        yield reachable


def server_in(folder: Path, *, is_fast: bool = True) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder / "postgres", log=folder / "log", is_fast=is_fast)


def test_a_long_path_with_spaces_and_quotes(folder: Path) -> None:
    deep = folder / ('it\'s a "long" path, ' * 6)
    deep.mkdir()

    with server_in(deep) as server, psycopg.connect(server.url()) as connection:
        encoding = connection.execute("SHOW server_encoding").fetchone()

    assert encoding == ("UTF8",)


def test_data_outlives_a_crash(folder: Path) -> None:
    with server_in(folder, is_fast=False) as server:
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        left = psutil.Process(server.child.pid).children()
        os.kill(server.child.pid, signal.SIGKILL)
        # They notice it by themselves, and keep a new server from their shared memory until then.
        assert wait_until_gone(left) == []

    with server_in(folder, is_fast=False) as again, psycopg.connect(again.url()) as connection:
        kept = connection.execute("SELECT number FROM kept").fetchone()

    assert kept == (7,)


def test_a_lock_with_the_number_of_another_process_is_stale(folder: Path) -> None:
    with server_in(folder):
        lock = (folder / "postgres" / "postmaster.pid").read_text()
    (folder / "postgres" / "postmaster.pid").write_text(
        "\n".join([str(os.getpid()), *lock.splitlines()[1:], ""])
    )

    with server_in(folder) as again:
        assert again.child.is_running()


def test_a_second_server_on_the_same_data_is_refused(folder: Path) -> None:
    with (
        server_in(folder) as first,
        pytest.raises(SetupError, match=rf"process {first.child.pid}\) still runs"),
    ):
        server_in(folder).start()


def test_it_leaves_neither_process_nor_socket(folder: Path) -> None:
    with server_in(folder) as server:
        socket_folder = Path(server.url().partition("host=")[2].replace("%2F", "/"))
        assert list(socket_folder.iterdir())

    assert not server.child.is_running()
    assert not socket_folder.exists()


def test_it_listens_on_no_network(folder: Path) -> None:
    with server_in(folder) as server, psycopg.connect(server.url()) as connection:
        addresses = connection.execute("SHOW listen_addresses").fetchone()

    assert addresses == ("",)
