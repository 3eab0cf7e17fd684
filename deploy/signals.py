"""Being asked to stop: Ctrl-C, SIGTERM, or the terminal's end.

A signal is only noted, and obeyed between two steps, so that no process is started and then
forgotten. Every wait of a command is short or calls ``check`` often.
"""

import signal
import time
from types import FrameType


class StopRequested(Exception):
    """Somebody asked this command to stop."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal.Signals(signal_number).name)
        self.signal_number = signal_number


class StopSignals:
    """Notes the signals that ask this process to stop, from its creation on."""

    def __init__(self) -> None:
        self._noted: int | None = None
        # A shell starts background commands deaf to SIGINT; whoever sends it here means it.
        for asked in (signal.SIGINT, signal.SIGTERM):
            signal.signal(asked, self._note)
        # Under nohup the end of the terminal is to be ignored.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._note)

    def _note(self, signal_number: int, frame: FrameType | None) -> None:
        self._noted = self._noted or signal_number

    def check(self) -> None:
        """Raise ``StopRequested`` when a signal has come."""
        if self._noted is not None:
            raise StopRequested(self._noted)

    def pause(self, seconds: float) -> None:
        """Sleep; raise ``StopRequested`` soon after a signal has come."""
        wakes_at = time.monotonic() + seconds
        self.check()
        while (remaining := wakes_at - time.monotonic()) > 0:
            time.sleep(min(remaining, 0.1))
            self.check()
