"""Remove secrets and data of callers from log records, and secrets from addresses in history.

Texts of exceptions are dropped by ``shared_domain.tracebacks``.
"""

import logging
import re

#: Paths that end with a secret: the link of a guide, the code of a ticket.
_SECRET_IN_PATH = re.compile(r"(/guide/|/admin/scan/)[^/?\s]+")


def hide_secret_in_path(path: str) -> str:
    """Return a path without the token of a guide's link or the code of a ticket."""
    return _SECRET_IN_PATH.sub(r"\1…", path)


class DropTraceback(logging.Filter):
    """Reduces the record of a refused request to one line that names its logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = f"refused with 400: {record.name.rpartition('.')[2]}", ()
        record.exc_info = record.exc_text = None
        return True


class DropQueryString(logging.Filter):
    """Removes the query string of each URL in a record, since it may hold an e-mail address."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                value.partition("?")[0] if isinstance(value, str) else value
                for value in record.args
            )
        return True


class DropSecretsInPaths(logging.Filter):
    """Removes the tokens of guides' links and the codes of tickets from paths in a record.

    Each of them gives access without a password.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if _SECRET_IN_PATH.search(message):
            record.msg, record.args = hide_secret_in_path(message), ()
        return True
