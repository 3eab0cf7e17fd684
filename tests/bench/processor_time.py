"""Processor time, user and system: of a server's processes, and of PostgreSQL's."""

from pathlib import Path

import psutil
import psycopg

#: The server's clock and the system's differ by less when both are of one machine.
_SAME_START_SECONDS = 2.0


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and of those it started that are still running."""
    root = psutil.Process(pid)
    return sum(map(_own_seconds, (root, *root.children(recursive=True))))


class PostgresTime:
    """The processor time of a whole PostgreSQL server, where it runs on this machine."""

    def __init__(self, owner_url: str) -> None:
        self._postmaster = _find_postmaster(owner_url)

    def seconds(self, *, without: int | None = None) -> float | None:
        """Return the time of all its processes, also of those that have ended; None if unknown.

        ``without`` is a session that is not counted while it is there.
        """
        if self._postmaster is None:
            return None
        ended = self._postmaster.cpu_times()
        counted = [child for child in self._postmaster.children() if child.pid != without]
        return (
            sum(map(_own_seconds, (self._postmaster, *counted)))
            + ended.children_user
            + ended.children_system
        )


def _find_postmaster(owner_url: str) -> psutil.Process | None:
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            "SELECT pid, extract(epoch FROM backend_start)::float8 FROM pg_stat_activity"
            " WHERE pid = pg_backend_pid()"
        ).fetchone()
        if row is None:
            return None
        pid, started_at = row
        try:
            backend = psutil.Process(pid)
            # Of a server elsewhere, the number is that of another process here, or of none.
            is_it = "postgres" in backend.name() + " ".join(backend.cmdline())
            if is_it and abs(backend.create_time() - started_at) < _SAME_START_SECONDS:
                return backend.parent()
        except psutil.Error:
            return None
    return None


def _own_seconds(process: psutil.Process) -> float:
    """Return the time of one process; of one that has just ended, what is known: nothing."""
    try:
        if process.num_threads() == 1:
            # In nanoseconds; hundredths of a second are too coarse for a backend's few requests.
            return int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, psutil.Error):
        pass
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return used.user + used.system
