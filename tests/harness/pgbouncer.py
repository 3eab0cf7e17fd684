"""A real PgBouncer in transaction mode, in front of a database of the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from deploy.database_url import with_parts
from tests.harness.databases import CommittedDatabase
from tests.harness.waiting import eventually

#: Sessions of the server: fewer than those who share them.
SESSIONS = 2


def program() -> str | None:
    """Return where PgBouncer is, also where Debian puts it; None when it is not installed."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def running_pgbouncer(database: CommittedDatabase) -> Iterator[CommittedDatabase]:
    """Run it, and give the same database through it."""
    with (
        tempfile.TemporaryDirectory(prefix="pgbouncer-") as name,
        socket.create_server(("127.0.0.1", 0)) as free,
    ):
        port = free.getsockname()[1]
        folder = Path(name)
        folder.chmod(0o755)
        configuration = _configure(folder, database, port)
        free.close()
        user = ["-u", _user(database)] if os.geteuid() == 0 else []
        process = subprocess.Popen([program() or "pgbouncer", "-q", *user, str(configuration)])
        try:
            _wait_until_there(process, port)
            yield replace(
                database,
                django_url=_through(database.django_url, port),
                edge_url=_through(database.edge_url, port),
            )
        finally:
            process.terminate()
            process.wait()


def _user(database: CommittedDatabase) -> str:
    """Return as whom it runs, since root is refused: the user who reaches the server's socket."""
    folder = Path(str(conninfo_to_dict(database.django_url)["host"]))
    return folder.owner() if folder.is_absolute() else "nobody"


def _through(url: str, port: int) -> str:
    return with_parts(url, host="127.0.0.1", port=str(port))


def _configure(folder: Path, database: CommittedDatabase, port: int) -> Path:
    logins = [conninfo_to_dict(url) for url in (database.django_url, database.edge_url)]
    server = logins[0]
    users = folder / "users.txt"
    users.write_text(
        "".join(f'"{login["user"]}" "{login.get("password", "")}"\n' for login in logins)
    )
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        f"[databases]\n* = host={server['host']} port={server.get('port', 5432)}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {users}\n"
        f"pool_mode = transaction\ndefault_pool_size = {SESSIONS}\n"
    )
    return configuration


def _wait_until_there(process: "subprocess.Popen[bytes]", port: int) -> None:
    def accepts() -> bool:
        assert process.poll() is None, "PgBouncer ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    assert eventually(accepts)
