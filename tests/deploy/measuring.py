"""What the processes of one ``deploy/up`` hold: memory, descriptors, connections and files."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy import fork_server


@dataclass(frozen=True)
class Held:
    """What one process holds at one moment.

    Args:
        pss_megabytes: its memory, shared pages by share (``PSS``, proc_pid_smaps(5)).
    """

    role: str
    pss_megabytes: float
    descriptors: int
    threads: int


#: What each process holds, by its id.
Sample = dict[int, Held]


def sample(up: psutil.Process, data: Path) -> Sample:
    """Measure every process of a ``deploy/up``; those of PostgreSQL's sessions are not measured."""
    found: Sample = {}
    for process, role in _roles(up, data):
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            found[process.pid] = Held(
                role=role,
                pss_megabytes=process.memory_full_info().pss / 2**20,
                descriptors=process.num_fds(),
                threads=process.num_threads(),
            )
    return found


def _roles(up: psutil.Process, data: Path) -> Iterable[tuple[psutil.Process, str]]:
    yield up, "up"
    for name in ("edge", "django", "worker"):
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ValueError):
            master = psutil.Process(int((data / f"{name}.pid").read_text()))
            yield master, "job worker" if name == "worker" else f"{name} master"
            for worker in master.children():
                is_worker = worker.name() != fork_server.NAME
                yield worker, f"{name} worker" if is_worker else f"{name} fork server"
                for forked in worker.children(recursive=True):
                    yield forked, f"{name} worker's children"


def removed_files(up: psutil.Process, data: Path) -> Counter[str]:
    """Return the open files without a name, such as spooled bodies, with how many have each open.

    The file by which each worker of gunicorn says that it lives is one of them.
    """
    found: Counter[str] = Counter()
    for process, role in _roles(up, data):
        with suppress(OSError):
            for link in Path(f"/proc/{process.pid}/fd").iterdir():
                with suppress(OSError):
                    target = str(link.readlink())
                    if target.endswith(" (deleted)"):
                        # What never had a name is called by its number: #2146534.
                        name = re.split("[-#]", Path(target).name)[0] or "unnamed"
                        found[f"{role} {name}"] += 1
    return found


def growth(before: Sample, after: Sample) -> list[str]:
    """Return which processes of both samples hold more than a warm process may come to hold."""
    return [
        f"{after[pid].role} {pid}: {held} -> {after[pid]}"
        for pid, held in before.items()
        if pid in after
        and (
            after[pid].pss_megabytes > held.pss_megabytes * 1.15 + 8
            or after[pid].descriptors > held.descriptors + 24
            or after[pid].threads > held.threads + 12
        )
    ]


def by_role(held: Sample) -> dict[str, tuple[float, int, int]]:
    """Return the largest memory, descriptors and threads of each role."""
    roles: dict[str, list[Held]] = defaultdict(list)
    for process in held.values():
        roles[process.role].append(process)
    return {
        role: (
            round(max(process.pss_megabytes for process in processes), 1),
            max(process.descriptors for process in processes),
            max(process.threads for process in processes),
        )
        for role, processes in sorted(roles.items())
    }


def table(samples: dict[str, Sample]) -> str:
    """Return the largest PSS (MB), descriptors and threads by role, a line for each sample."""
    lines = []
    for name, held in samples.items():
        counts = Counter(process.role for process in held.values())
        parts = [
            f"{role} ×{counts[role]} {megabytes} MB {descriptors} fd {threads} threads"
            for role, (megabytes, descriptors, threads) in by_role(held).items()
        ]
        lines.append(f"  {name}: " + "; ".join(parts))
    return "\n".join(lines)
