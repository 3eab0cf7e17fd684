"""Logging filters of Django that drop what a caller sent.

Texts of exceptions are dropped by ``shared_domain.tracebacks``.
"""

import logging


class DropTraceback(logging.Filter):
    """Reduces a record to one line that names the logger, without traceback and message."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = f"refused with 400: {record.name.rpartition('.')[2]}", ()
        record.exc_info = record.exc_text = None
        return True


class DropQueryString(logging.Filter):
    """Cuts the query string off each URL in a record: callers search for e-mail addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                value.partition("?")[0] if isinstance(value, str) else value
                for value in record.args
            )
        return True
