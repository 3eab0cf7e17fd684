"""Log an outage twice, when it begins and when it is over, however often it is retried."""

import logging


class OutageLog:
    """Logs the first of many failures, and the first success after them."""

    def __init__(self, logger: logging.Logger, what: str) -> None:
        self._logger = logger
        self._what = what
        self._lasts = False

    def record_failure(self, reason: object) -> None:
        """Record a failure; the first one is logged, with the first line of its reason."""
        if not self._lasts:
            self._lasts = True
            first_line = (str(reason).splitlines() or [""])[0]
            self._logger.warning("%s: %s; tried again until it works", self._what, first_line)

    def record_success(self) -> None:
        if self._lasts:
            self._lasts = False
            # A warning as well: without it the one before would seem to stand.
            self._logger.warning("%s: over", self._what)
