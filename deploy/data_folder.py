"""The data folder of ``deploy/up``: database, logs, secrets and the processes that run.

::

    .portico/
        postgres/      the embedded PostgreSQL's data
        logs/          of each process, kept over restarts: edge.log, older ones edge.log.1 to .4
        static/        Django's STATIC_ROOT; empty, the admin's files come from the packages
        secrets.json   Django's SECRET_KEY, the roles' database passwords, the parity key, and the
                       key from which the signing secrets of webhooks are derived
        demo.json      the demo's login and API keys
        prepared       of what the last start found or made right in its database: see
                       ``preparation_stamp.py``
        running.json   the processes of the `up` that runs, or of one that was killed
        environment    what a shell needs to work on the `up` that runs: `. .portico/environment`
        *.pid          one for each process but PostgreSQL: `kill -HUP $(cat .portico/edge.pid)`
                       gives the edge new code without a failed request
        up.lock        locked while an `up` runs

The JSON files hold the version of their format and are replaced as a whole (``state_files.py``).
"""

import fcntl
import os
import secrets
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from deploy import process_logs, processes, state_files
from deploy.console import SetupError
from deploy.state_files import Content
from deploy.virtualenv import PYTHON

#: What to do about each file when it is damaged.
REMEDIES = {
    "secrets.json": (
        "restore it from a backup, or remove it: new secrets are made, staff log in again and "
        "stored differences cannot be compared with new ones; each webhook endpoint needs a new "
        "secret (rotate it), each subscription its headers again, and the roles on a server of "
        "your own new passwords (--set-passwords)"
    ),
    "demo.json": "remove it: the demo's logins and keys are then not shown any more",
    "running.json": ("make sure that no process of an earlier start is left, then remove it"),
}


class DataFolder:
    """A data folder, locked for this process until ``close``.

    Raises:
        SetupError: it cannot be written, or another ``up`` uses it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.static = path / "static"
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            self.static.mkdir(mode=0o700, exist_ok=True)
            self._lock = (path / "up.lock").open("a")
        except OSError as error:
            raise SetupError(
                f"cannot write to the data folder {path} ({error.strerror}); "
                f"choose another one with --data."
            ) from error
        self._acquire_lock(self._lock)

    def close(self) -> None:
        """Release the lock for another ``up``."""
        self._lock.close()

    def log(self, name: str) -> Path:
        """Return the log file of a process that is about to start."""
        return process_logs.begin_log(self.logs / f"{name}.log")

    def secret(self, name: str) -> str:
        """Return a secret by name: random, created once and then stored."""
        known = self._read("secrets.json")
        if name not in known:
            known[name] = secrets.token_urlsafe(40)
            self._write("secrets.json", known)
        return str(known[name])

    def demo(self, *, database: str) -> dict[str, Any]:
        """Return the demo's logins and keys for that database, empty if it has none of them."""
        known = self._read("demo.json")
        return known["logins"] if known.get("database") == database else {}

    def remember_demo(self, logins: Mapping[str, Any], *, database: str) -> None:
        self._write("demo.json", {"database": database, "logins": logins})

    def stamp(self) -> str:
        """Return the stamp of the database that the last start has prepared; empty if none has."""
        try:
            return (self.path / "prepared").read_text(errors="replace").strip()
        except OSError:
            # It is made anew.
            return ""

    def write_stamp(self, stamp: str) -> None:
        state_files.replace(self.path / "prepared", f"{stamp}\n")

    def write_running(self, edge_url: str, children: list[processes.Child]) -> None:
        """Store the running processes, for a second ``up`` and for the next one after a crash."""
        running = [
            {"pid": child.pid, "identity": child.identity, "stop_signal": int(child.stop_signal)}
            for child in children
        ]
        self._write("running.json", {"up": os.getpid(), "edge": edge_url, "processes": running})

    def write_pid(self, name: str, pid: int) -> None:
        """Store a process's id, so that an operator can send it signals."""
        state_files.replace(self.path / f"{name}.pid", f"{pid}\n")

    def write_environment(self, variables: Mapping[str, str]) -> None:
        """Write the environment file, with which `manage.py` uses the running database."""
        lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
        python = shlex.quote(str(PYTHON.parent))
        text = "\n".join([*lines, f'export PATH={python}:"$PATH"', ""])
        state_files.replace(self.path / "environment", text)

    def remove_running(self) -> None:
        files = [self.path / "running.json", self.path / "environment", *self.path.glob("*.pid")]
        for file in files:
            file.unlink(missing_ok=True)

    def stop_leftovers(self) -> None:
        """Stop the processes that a killed ``up`` left behind."""
        for child in reversed(self._read("running.json").get("processes", [])):
            if child["identity"] is None:
                # It had ended before it was stored.
                continue
            processes.stop_leftover(
                child["pid"],
                identity=child["identity"],
                sent=signal.Signals(child["stop_signal"]),
            )

    def _acquire_lock(self, lock: IO[str]) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            other = self._read("running.json")
            # The last release called it the front door.
            edge_url = other.get("edge") or other.get("front_door")
            where = f" at {edge_url}" if edge_url else ""
            raise SetupError(
                f"Portico already runs{where} with the data folder {self.path}; "
                f"use it, stop it (process {other.get('up', 'unknown')}), or choose another --data."
            ) from None

    def _read(self, name: str) -> Content:
        return state_files.read(self.path / name, is_valid=IS_VALID[name], remedy=REMEDIES[name])

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        state_files.write(self.path / name, content)


def _are_secrets_valid(secrets_by_name: Content) -> bool:
    return all(isinstance(secret, str) and secret for secret in secrets_by_name.values())


def _is_demo_valid(demo: Content) -> bool:
    return not demo or (
        isinstance(demo.get("database"), str) and isinstance(demo.get("logins"), dict)
    )


def _is_running_valid(running: Content) -> bool:
    """Return whether its process ids are usable: a wrong one could signal any process, or all."""
    children = running.get("processes", [])
    return isinstance(children, list) and all(
        isinstance(child, dict)
        and type(child.get("pid")) is int
        and child["pid"] > 1
        and isinstance(child.get("identity"), str | None)
        and child.get("stop_signal") in list(signal.Signals)
        for child in children
    )


IS_VALID = {
    "secrets.json": _are_secrets_valid,
    "demo.json": _is_demo_valid,
    "running.json": _is_running_valid,
}
