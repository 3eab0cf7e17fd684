"""Supervise the processes of ``deploy/up``: restart those that end, with exponential backoff.

The pause before a restart doubles, up to a bound, until the process stays up: a process that ends
at once costs little, and one that waits for another follows it soon. Restarts never cease, since
what is wrong, such as a full disk, may be repaired while Portico runs.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from deploy import process_logs
from deploy.console import SetupError, say, step
from deploy.processes import Child

FIRST_PAUSE_SECONDS = 0.25
MAX_PAUSE_SECONDS = 30.0

#: A process that has run for so long is stable: the backoff and the report start over.
STABLE_AFTER_SECONDS = 60.0


@dataclass(kw_only=True)
class SupervisedProcess:
    """A process with its time of restart, and the function that starts it: None if it may end."""

    child: Child
    start_again: Callable[[], Child] | None
    started_at: float = field(default_factory=time.monotonic)
    pause_seconds: float = FIRST_PAUSE_SECONDS
    restart_at: float | None = None
    is_known_to_end: bool = False


class Supervisor:
    """The processes of one ``deploy/up``, by name, in the order of their start.

    Args:
        on_restart: called with each process that was restarted.
    """

    def __init__(self, *, on_restart: Callable[[Child], None]) -> None:
        self._supervised: dict[str, SupervisedProcess] = {}
        self._on_restart = on_restart
        self._has_log_trouble = False

    def __iter__(self) -> Iterator[Child]:
        return iter([supervised.child for supervised in self._supervised.values()])

    def __getitem__(self, name: str) -> Child:
        return self._supervised[name].child

    def add(self, child: Child, *, start_again: Callable[[], Child] | None) -> None:
        """Supervise a process; without ``start_again`` it may end and is not restarted."""
        self._supervised[child.name] = SupervisedProcess(child=child, start_again=start_again)

    def stop(self, name: str, *, patience_seconds: float = 10) -> None:
        """Stop a process and no longer supervise it."""
        child = self._supervised.pop(name).child
        with step(f"stopping {name}"):
            child.stop(patience_seconds=patience_seconds)

    def check_start(self) -> None:
        """Check that no process has ended while the others are still being started.

        Raises:
            SetupError: a process ended; the end of its log has been shown.
        """
        for child in self:
            if not child.is_running():
                say(f"\n  The end of {child.log}:")
                for line in child.last_lines():
                    say(f"    {line}")
                raise SetupError(
                    f"{child.name} ended by itself (exit status {child.process.returncode}); "
                    f"everything else is stopped too."
                )

    def restart_ended(self) -> None:
        """Restart ended processes whose pause is over, and rotate logs; never wait."""
        for supervised in self._supervised.values():
            if supervised.start_again is not None and not supervised.child.is_running():
                self._restart(supervised, supervised.start_again)
            self._rotate(supervised.child)

    def _restart(self, supervised: SupervisedProcess, start_again: Callable[[], Child]) -> None:
        child, now = supervised.child, time.monotonic()
        if supervised.restart_at is None:
            if now - supervised.started_at > STABLE_AFTER_SECONDS:
                supervised.pause_seconds = FIRST_PAUSE_SECONDS
                supervised.is_known_to_end = False
            child.end_group()
            self._report_once(supervised)
            supervised.restart_at = now + supervised.pause_seconds
            supervised.pause_seconds = min(supervised.pause_seconds * 2, MAX_PAUSE_SECONDS)
        elif now >= supervised.restart_at:
            supervised.restart_at = None
            supervised.started_at = now
            with suppress(SetupError, OSError):
                supervised.child = start_again()
                self._on_restart(supervised.child)

    @staticmethod
    def _report_once(supervised: SupervisedProcess) -> None:
        if not supervised.is_known_to_end:
            supervised.is_known_to_end = True
            child = supervised.child
            say(
                f"  {child.name} ended by itself (exit status {child.process.returncode}) "
                f"and is started again until it stays; its log is {child.log}"
            )

    def _rotate(self, child: Child) -> None:
        try:
            process_logs.rotate_if_long(child.log)
            self._has_log_trouble = False
        except OSError as error:
            if not self._has_log_trouble:
                self._has_log_trouble = True
                say(f"  {child.log} cannot be rotated ({error.strerror}) and goes on growing")
