"""What the audit trail records; database triggers write it, whichever half changed the row."""

import pghistory


def every_change() -> tuple[pghistory.Tracker, ...]:
    """Return the trackers of a table whose every insert, update and delete is kept."""
    return (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
