"""A failure that is tried again all the time, said twice: when it begins and when it is over."""

import logging


class OutageLog:
    """Logs the first of many equal failures, and the first success after them."""

    def __init__(self, logger: logging.Logger, what: str) -> None:
        self._logger = logger
        self._what = what
        self._lasts = False

    def record_failure(self, reason: object) -> None:
        """Note a failure; only the first line of its reason is logged, and only once."""
        if not self._lasts:
            self._lasts = True
            first_line = (str(reason).splitlines() or [""])[0]
            self._logger.warning("%s: %s; tried again until it works", self._what, first_line)

    def record_success(self) -> None:
        if self._lasts:
            self._lasts = False
            # A warning as well: without it the one before would seem to stand.
            self._logger.warning("%s: over", self._what)
