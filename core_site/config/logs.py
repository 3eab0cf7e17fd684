"""What the log of the site leaves out; values in tracebacks: ``shared_domain/tracebacks.py``."""

import logging


class DropTraceback(logging.Filter):
    """Reduces a record to one line without what the caller sent; the status says what was wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = f"refused with 400: {record.name.rpartition('.')[2]}", ()
        record.exc_info = record.exc_text = None
        return True


class DropQueryString(logging.Filter):
    """Cuts the query off each address that a record names: callers search for e-mail addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                value.partition("?")[0] if isinstance(value, str) else value
                for value in record.args
            )
        return True
