"""The folder that keeps what one Portico on this machine must remember.

::

    .portico/
        postgres/      the embedded PostgreSQL's data
        logs/          one file for each process, started anew with every start
        static/        Django's STATIC_ROOT; empty, the admin's files come from the packages
        secrets.json   Django's SECRET_KEY, the roles' database passwords and the parity key
        demo.json      the demo's login and API keys
        running.json   the processes of the `up` that runs, or that was killed
        environment    what a shell needs to work on the `up` that runs: `. .portico/environment`
        *.pid          one for each process but PostgreSQL: `kill -HUP $(cat .portico/edge.pid)`
                       gives the edge new code without a failed request
        up.lock        locked while an `up` runs
"""

import fcntl
import json
import os
import secrets
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from deploy import processes
from deploy.console import CannotGoOn
from deploy.installing import PYTHON


class DataFolder:
    """A data folder that this process alone works on, until ``close``.

    Raises:
        CannotGoOn: it cannot be written, or another ``up`` works on it.
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
            raise CannotGoOn(
                f"cannot write to the data folder {path} ({error.strerror}); "
                f"choose another one with --data."
            ) from error
        self._lock_or_say_who_has_it(self._lock)

    def close(self) -> None:
        """Let another ``up`` have it."""
        self._lock.close()

    def log(self, name: str) -> Path:
        """Return the log of one process, emptied."""
        log = self.logs / f"{name}.log"
        log.write_text("")
        return log

    def secret(self, name: str) -> str:
        """Return a secret of this folder: random, made once, the same ever after."""
        known = self._read("secrets.json")
        if name not in known:
            known[name] = secrets.token_urlsafe(40)
            self._write("secrets.json", known)
        return str(known[name])

    def demo(self, *, database: str) -> dict[str, Any]:
        """Return the demo's logins and keys, if this folder loaded them into that database."""
        known = self._read("demo.json")
        return known["logins"] if known.get("database") == database else {}

    def remember_demo(self, logins: Mapping[str, Any], *, database: str) -> None:
        self._write("demo.json", {"database": database, "logins": logins})

    def remember_running(self, front_door: str, children: list[processes.Child]) -> None:
        """Write down what runs, for a second ``up`` and for the one after a crash."""
        running = [
            {"pid": child.pid, "identity": child.identity, "stop_signal": int(child.stop_signal)}
            for child in children
        ]
        self._write(
            "running.json", {"up": os.getpid(), "front_door": front_door, "processes": running}
        )

    def write_pid(self, name: str, pid: int) -> None:
        """Write down a process for whoever wants to send it a signal."""
        self._replace(f"{name}.pid", f"{pid}\n")

    def write_environment(self, variables: Mapping[str, str]) -> None:
        """Write a file that a shell can read, so that `manage.py` works on what runs."""
        lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
        python = shlex.quote(str(PYTHON.parent))
        self._replace("environment", "\n".join([*lines, f'export PATH={python}:"$PATH"', ""]))

    def forget_running(self) -> None:
        told = [self.path / "running.json", self.path / "environment", *self.path.glob("*.pid")]
        for file in told:
            file.unlink(missing_ok=True)

    def stop_leftovers(self) -> None:
        """End what an ``up`` left behind that was killed."""
        for child in reversed(self._read("running.json").get("processes", [])):
            processes.stop_leftover(
                child["pid"],
                identity=child["identity"],
                sent=signal.Signals(child["stop_signal"]),
            )

    def _lock_or_say_who_has_it(self, lock: IO[str]) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            other = self._read("running.json")
            where = f" at {other['front_door']}" if other.get("front_door") else ""
            raise CannotGoOn(
                f"Portico already runs{where} with the data folder {self.path}; "
                f"use it, stop it (process {other.get('up', 'unknown')}), or choose another --data."
            ) from None

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self.path / name).read_text()))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise CannotGoOn(f"{self.path / name} is damaged ({error}); remove it.") from error

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        self._replace(name, json.dumps(content, indent=2))

    def _replace(self, name: str, text: str) -> None:
        """Replace the file as a whole, readable by its owner only."""
        unfinished = self.path / f"{name}.unfinished"
        unfinished.unlink(missing_ok=True)
        with os.fdopen(
            os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
        ) as out:
            out.write(text)
        unfinished.replace(self.path / name)
