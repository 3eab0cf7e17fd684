"""Start child processes of a command and stop them, so that none outlives it.

Each process leads a process group: the terminal's Ctrl-C reaches only the command, which then
stops everything in the right order, and what a process leaves behind is killed with its group.
See Note [When the command itself is killed].
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from deploy import process_logs

#: Linux's PR_SET_PDEATHSIG: the kernel sends the signal when the parent ends. See prctl(2).
PR_SET_PDEATHSIG = 1

#: Linux's PR_SET_CHILD_SUBREAPER: the process adopts orphans among its descendants.
PR_SET_CHILD_SUBREAPER = 36

LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


#: Compiled modules, where Python may not write them beside the sources; gone with ``.venv``.
BYTECODE = Path(sys.prefix) / "bytecode"


def bytecode_cache_environment() -> dict[str, str]:
    """Return environment variables with which Python processes share compiled modules.

    Empty where Python may write bytecode beside the sources. Container images often forbid that
    with ``PYTHONDONTWRITEBYTECODE``; then every process compiles all its modules, which is more
    than half of its start (edge: 1.65 s of CPU instead of 0.67; Django: 2.05 instead of 0.78; a
    process of tests, which rewrites their assertions: 16 instead of 5).
    """
    if not sys.dont_write_bytecode:
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(BYTECODE)}


def forget_bytecode_of_temporary_files() -> None:
    """Remove the compiled modules of temporary copies of sources, which no other run can use."""
    temporary = Path(tempfile.gettempdir()).resolve()
    shutil.rmtree(BYTECODE / temporary.relative_to(temporary.anchor), ignore_errors=True)


@dataclass(kw_only=True)
class Child:
    """A child process of a command, with its log."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    identity: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.identity = process_identity(self.process.pid)

    @property
    def pid(self) -> int:
        return self.process.pid

    def pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Return the pipes to standard input and from standard output, with ``has_pipes``."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError(f"{self.name} was started without pipes")
        return stdin, stdout

    def is_running(self) -> bool:
        return self.process.poll() is None

    def last_lines(self, count: int = 15) -> list[str]:
        return process_logs.last_lines(self.log, count)

    def stop(self, *, patience_seconds: float = 10) -> None:
        """Send the stop signal, wait, then kill what is left of the process group."""
        if self.is_running():
            self.process.send_signal(self.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(patience_seconds)
        self.end_group()
        self.process.wait()

    def end_group(self) -> None:
        """Kill the process group, such as the workers of a killed gunicorn."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    account: tuple[int, int] | None = None,
    keep_open: Sequence[int] = (),
    has_pipes: bool = False,
    stop_signal: signal.Signals = signal.SIGTERM,
    orphan_signal: signal.Signals | None = None,
) -> Child:
    """Start a process whose output is appended to ``log``.

    Args:
        account: the user and group ids to run as, when this process is root.
        keep_open: file descriptors that the process inherits.
        orphan_signal: the signal it is sent when this process is killed, default ``stop_signal``.
        has_pipes: standard input and output are pipes, only standard error goes to the log.
    """
    user, group = account or (None, None)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE if has_pipes else subprocess.DEVNULL,
            stdout=subprocess.PIPE if has_pipes else output,
            stderr=output,
            user=user,
            group=group,
            extra_groups=[] if account else None,
            pass_fds=keep_open,
            start_new_session=True,
            preexec_fn=end_with_parent(orphan_signal or stop_signal),
        )
    return Child(name=name, process=process, log=log, stop_signal=stop_signal)


def end_with_parent(
    sent: signal.Signals = signal.SIGTERM, *, parent: int | None = None
) -> Callable[[], None] | None:
    """Return a ``preexec_fn`` that signals the new process when its parent ends; None off Linux.

    Args:
        parent: the process id of the parent, default this process.
    """
    if LIBC is None:
        return None
    parent = parent or os.getpid()

    def set_parent_death_signal() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(sent))
        # The parent may have ended before the call.
        if os.getppid() != parent:
            os.kill(os.getpid(), sent)

    return set_parent_death_signal


def set_subreaper(is_subreaper: bool) -> None:
    """Let this process adopt the orphans among its descendants, or no longer; nothing off Linux.

    Raises:
        OSError: the kernel refuses.
    """
    if LIBC is not None and LIBC.prctl(PR_SET_CHILD_SUBREAPER, int(is_subreaper), 0, 0, 0):
        raise OSError("prctl(PR_SET_CHILD_SUBREAPER)")


def process_identity(pid: int) -> str | None:
    """Return a text that distinguishes a process from later ones with its id; None when ended."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        # The state is the third field of proc_pid_stat(5), the start time its 22nd.
        if fields[0] in "ZX":
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {fields[19]}"
    return _query_ps(pid, "lstart=") or None


def command_line(pid: int) -> str:
    """Return the command line of a process; empty when there is no such process."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    return _query_ps(pid, "command=")


def _query_ps(pid: int, column: str) -> str:
    asked = subprocess.run(
        ["ps", "-ww", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def stop_leftover(
    pid: int, *, identity: str, sent: signal.Signals, patience_seconds: float = 10
) -> None:
    """Stop a process that an earlier command left behind, if it is still the same one."""
    deadline = time.monotonic() + patience_seconds
    with suppress(ProcessLookupError):
        if process_identity(pid) == identity:
            os.kill(pid, sent)
        while process_identity(pid) == identity:
            if time.monotonic() > deadline:
                os.killpg(pid, signal.SIGKILL)
            time.sleep(0.05)


# Note [When the command itself is killed]
# ----------------------------------------
# SIGKILL cannot be handled. On Linux the kernel signals every child when its parent ends
# (`end_with_parent`), so all of them stop. macOS has nothing like it: there the next start reads
# the process ids from the data folder and stops those that are still the same processes, by start
# time (`stop_leftover`).
