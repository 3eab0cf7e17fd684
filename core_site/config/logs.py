"""What the log of the site leaves out."""

import logging


class WithoutTraceback(logging.Filter):
    """Reduces a record to one line without what the caller sent; the status says what was wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = f"refused with 400: {record.name.rpartition('.')[2]}", ()
        record.exc_info = record.exc_text = None
        return True
