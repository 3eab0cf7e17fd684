"""Install the repository's virtual environment, ``.venv``, from ``uv.lock``.

This module runs on a bare Python, so it uses the standard library only. ``uv`` itself is in the
lock file: pip installs that one package, checked by its hashes, and uv installs the others.
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.console import SetupError, disk_errors_reported, step
from deploy.processes import end_with_parent

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "uv.lock"
#: What is installed: the hash of the lock, the Python version and the dependency groups.
STAMP = VENV / "portico-installed.json"
LOG = VENV / "portico-install.log"


def is_running_in_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def continue_in_venv(script: str) -> None:
    """Replace this process by the same command, run with the Python of ``.venv``."""
    os.execv(PYTHON, [str(PYTHON), script, *sys.argv[1:]])


@disk_errors_reported()
def install(*, groups: Sequence[str] = ()) -> None:
    """Install exactly what ``uv.lock`` says into ``.venv``, with these dependency groups.

    Groups installed earlier stay, so that ``up`` and ``test`` do not undo each other. A second
    call changes nothing and takes a few milliseconds.

    Raises:
        SetupError: the folder is not writable, Python lacks ``venv``, or a download failed.
    """
    if is_running_in_venv() and _is_installed(groups):
        # The bare Python has reported it a moment ago.
        return
    with step("dependencies") as current, _install_lock():
        if _is_installed(groups):
            current.note = "already installed"
            return
        earlier = _read_stamp()
        if not earlier:
            _make_venv()
        STAMP.unlink(missing_ok=True)
        _install_uv()
        wanted = sorted({*groups, *earlier.get("groups", [])})
        _run(
            [
                *(PYTHON, "-m", "uv", "sync", "--locked", "--no-default-groups"),
                *("--group", "setup", "--python", PYTHON),
                *(argument for group in wanted for argument in ("--group", group)),
            ],
            action="installing the dependencies",
        )
        STAMP.write_text(json.dumps(_make_stamp(wanted)))


def _is_installed(groups: Sequence[str]) -> bool:
    installed = _read_stamp()
    wanted = {*groups, *installed.get("groups", [])}
    return installed == _make_stamp(sorted(wanted))


@contextmanager
def _install_lock() -> Iterator[None]:
    """Lock the repository: a second command waits until the first has finished installing."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _make_stamp(groups: Sequence[str]) -> dict[str, Any]:
    return {
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest(),
        "python": _python_version(),
        "groups": list(groups),
    }


def _read_stamp() -> dict[str, Any]:
    """Return the stamp of the last installation, empty when ``.venv`` is absent or broken."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    is_usable = isinstance(stamp, dict) and stamp.get("python") == _python_version()
    return stamp if is_usable else {}


def _python_version() -> str | None:
    """Return the version of ``.venv``'s Python, or None when it does not run.

    It stops running when the Python that made it is removed or replaced by another minor version.
    """
    try:
        return subprocess.run(
            [PYTHON, "-I", "-c", "import sys, encodings; print(sys.version.split()[0])"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _make_venv() -> None:
    if any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip")):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            f"this Python cannot make virtual environments; "
            f"install python{version}-venv (Debian, Ubuntu: apt install python{version}-venv)."
        )
    if is_running_in_venv():
        raise SetupError(
            f"{VENV} is out of date and cannot renew itself while its own Python runs; "
            f"run this command with the system's python3."
        )
    try:
        VENV.mkdir(exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"cannot write to {ROOT} ({error.strerror}); make it writable for this user."
        ) from error
    _run([sys.executable, "-m", "venv", "--clear", VENV], action="making .venv")


def _install_uv() -> None:
    """Install uv in the version of the lock file, unless it is installed."""
    locked = tomllib.loads(LOCK.read_text())
    uv = next(package for package in locked["package"] if package["name"] == "uv")
    reported = subprocess.run(
        [PYTHON, "-m", "uv", "--version"], capture_output=True, text=True, check=False
    )
    if reported.stdout.split()[1:2] == [uv["version"]]:
        return
    hashes = " ".join(f"--hash={wheel['hash']}" for wheel in uv["wheels"])
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(f"uv=={uv['version']} {hashes}\n")
        requirements.flush()
        _run(
            [
                *(PYTHON, "-m", "pip", "install", "--require-hashes", "--only-binary=:all:"),
                *("--no-deps", "--retries=1", "--timeout=30", "-r", requirements.name),
            ],
            action="installing uv",
        )


def _run(command: Sequence[str | Path], *, action: str) -> None:
    """Run one step of the installation; on failure its output goes to the log.

    Raises:
        SetupError: it failed; the message carries the end of its output.
    """
    environment = os.environ | {
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_HTTP_RETRIES": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    environment.pop("VIRTUAL_ENV", None)
    finished = subprocess.run(
        [str(part) for part in command],
        preexec_fn=end_with_parent(),
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode == 0:
        return
    LOG.write_text(finished.stdout)
    lines = [line.strip() for line in finished.stdout.splitlines() if line.strip()]
    reason = lines[-1].rstrip(".") if lines else "no output"
    raise SetupError(
        f"{action} failed ({reason}); check the network, the proxy and the free disk space, "
        f"then run this again. All of its output: {LOG}"
    )
