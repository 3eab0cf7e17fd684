"""SQL fragments of a calendar: its departures, and their fingerprint."""

#: What a calendar's days depend on, of the departures ``seen``.
_SEEN = """
       ROW(seen.id, seen.local_date, seen.capacity, seen.reserved, seen.max_units,
           seen.is_open AND seen.booking_cutoff_at > %(now)s, seen.opening_hours,
           seen.held, seen.max_percent)"""


def calendar_rows(slots: str, held_shares: str) -> str:
    """Return two CTEs: the departures ``seen``, and their ``fingerprint`` of two 64-bit numbers.

    Exclusive or, so that it does not depend on any order; no departure is there twice.
    """
    return f"""
WITH slot AS ({slots}),
     share AS ({held_shares}),
     seen AS (
     SELECT slot.*, share.held, share.max_percent
       FROM slot LEFT JOIN share ON share.departure_id = slot.id),
     fingerprint AS (
     SELECT count(*) AS departures,
            coalesce(bit_xor(hash_record_extended({_SEEN}, 0)), 0) AS low,
            coalesce(bit_xor(hash_record_extended({_SEEN}, 1)), 0) AS high
       FROM seen)"""
