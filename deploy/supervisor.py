"""Keeps the processes of an ``up`` running: what ends by itself is started again.

The pause before each new start doubles, up to a bound, until the process stays; so one that ends
at once costs nothing, and one that waits for another is there soon after it. Restarts never end:
whatever can be wrong while Portico runs may become right again, such as a full disk.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from deploy import process_logs
from deploy.console import SetupError, say, step
from deploy.processes import Child

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 30.0

#: One that has run for so long is well again: it is started at once when it ends, and said so.
STAYS_AFTER_SECONDS = 60.0


@dataclass(kw_only=True)
class SupervisedProcess:
    """One process, how it is started, and when it is started again."""

    child: Child
    start_again: Callable[[], Child]
    started_at: float = field(default_factory=time.monotonic)
    pause_seconds: float = FIRST_PAUSE_SECONDS
    restart_at: float | None = None
    is_known_to_end: bool = False


class Supervisor:
    """The processes of one ``up``, by name, in the order of their start.

    Args:
        restarted: told of each process that was started again.
    """

    def __init__(self, *, restarted: Callable[[Child], None]) -> None:
        self._supervised: dict[str, SupervisedProcess] = {}
        self._restarted = restarted
        self._has_log_trouble = False

    def __iter__(self) -> Iterator[Child]:
        return iter([supervised.child for supervised in self._supervised.values()])

    def __getitem__(self, name: str) -> Child:
        return self._supervised[name].child

    def add(self, child: Child, *, start_again: Callable[[], Child]) -> None:
        self._supervised[child.name] = SupervisedProcess(child=child, start_again=start_again)

    def stop(self, name: str, *, patience_seconds: float = 10) -> None:
        """Stop a process for good."""
        child = self._supervised.pop(name).child
        with step(f"stopping {name}"):
            child.stop(patience_seconds=patience_seconds)

    def check_start(self) -> None:
        """Check that nothing has ended while the others are still being started.

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
        """Start again what has ended and whose pause is over, and rotate logs. Never waits."""
        for supervised in self._supervised.values():
            if not supervised.child.is_running():
                self._restart(supervised)
            self._rotate(supervised.child)

    def _restart(self, supervised: SupervisedProcess) -> None:
        child, now = supervised.child, time.monotonic()
        if supervised.restart_at is None:
            if now - supervised.started_at > STAYS_AFTER_SECONDS:
                supervised.pause_seconds = FIRST_PAUSE_SECONDS
                supervised.is_known_to_end = False
            child.end_group()
            self._say_once(supervised)
            supervised.restart_at = now + supervised.pause_seconds
            supervised.pause_seconds = min(supervised.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        elif now >= supervised.restart_at:
            supervised.restart_at = None
            supervised.started_at = now
            with suppress(SetupError, OSError):
                supervised.child = supervised.start_again()
                self._restarted(supervised.child)

    @staticmethod
    def _say_once(supervised: SupervisedProcess) -> None:
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
