"""Signals that stop a command: SIGINT (Ctrl-C), SIGTERM, and SIGHUP when the terminal closes.

A handler only records the signal. The command stops between two steps, so that no child process
is started and then lost; every wait of a command is short or calls ``check`` often.
"""

import signal
import time
from types import FrameType


class StopRequested(Exception):
    """A signal asked this command to stop."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal.Signals(signal_number).name)
        self.signal_number = signal_number


class StopSignals:
    """Records signals that ask this process to stop, from its creation on."""

    def __init__(self) -> None:
        self._noted: int | None = None
        # A shell starts background commands with SIGINT ignored; here it stops them all the same.
        for asked in (signal.SIGINT, signal.SIGTERM):
            signal.signal(asked, self._note)
        # nohup ignores SIGHUP on purpose.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._note)

    def _note(self, signal_number: int, frame: FrameType | None) -> None:
        self._noted = self._noted or signal_number

    def check(self) -> None:
        """Raise ``StopRequested`` if a signal was received."""
        if self._noted is not None:
            raise StopRequested(self._noted)

    def pause(self, seconds: float) -> None:
        """Sleep; raise ``StopRequested`` soon after a signal is received."""
        wakes_at = time.monotonic() + seconds
        self.check()
        while (remaining := wakes_at - time.monotonic()) > 0:
            time.sleep(min(remaining, 0.1))
            self.check()
