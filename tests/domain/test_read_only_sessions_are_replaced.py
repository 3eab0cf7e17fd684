"""A session that takes no writes is replaced once a new one may take them."""

from dataclasses import dataclass

from shared_domain.postgres import STALE_AFTER_SECONDS, ReadOnlySessions

NOW = 1000.0


@dataclass
class Session:
    asked_for_at: float
    is_read_only: bool = True


def test_one_that_was_opened_just_now_is_used() -> None:
    """The server takes no writes, and says so: each call would open another session in vain."""
    assert not ReadOnlySessions().is_stale(Session(NOW - STALE_AFTER_SECONDS), now=NOW)


def test_one_of_some_age_is_replaced() -> None:
    assert ReadOnlySessions().is_stale(Session(NOW - STALE_AFTER_SECONDS - 0.1), now=NOW)


def test_one_that_is_older_than_one_that_takes_writes_is_replaced() -> None:
    sessions = ReadOnlySessions()
    assert not sessions.is_stale(Session(NOW - 0.2, is_read_only=False), now=NOW)
    # Of two that take writes the newer one tells.
    assert not sessions.is_stale(Session(NOW - 50, is_read_only=False), now=NOW)

    assert sessions.is_stale(Session(NOW - 0.3), now=NOW)
    assert not sessions.is_stale(Session(NOW - 0.1), now=NOW)


def test_one_that_takes_writes_is_used_at_any_age() -> None:
    assert not ReadOnlySessions().is_stale(Session(NOW - 9999, is_read_only=False), now=NOW)
