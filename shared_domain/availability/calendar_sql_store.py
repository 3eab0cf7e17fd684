"""SQL fragments of a calendar: its departures, and their fingerprint."""

from shared_domain.availability.booking_sql_store import LIVE_PLACES, has_run_out

#: What a calendar's days depend on, of the departures ``seen``.
_SEEN = """
       ROW(seen.id, seen.local_date, seen.capacity, seen.reserved, seen.max_units,
           seen.is_open AND seen.booking_cutoff_at > %(now)s, seen.opening_hours,
           seen.held, seen.max_percent)"""


def live_taken(live_taken_after_cutoff: str) -> str:
    """Return the places that are taken of ``departure``, where ``calendar_rows`` reads it."""
    return f"""
       CASE WHEN departure.booking_cutoff_at > %(now)s
            THEN departure.reserved - coalesce(run_out.places, 0)
            ELSE {live_taken_after_cutoff} END"""


def calendar_rows(columns: str, held_shares: str) -> str:
    """Return CTEs of which ``seen`` are the departures, and ``fingerprint`` is a 64-bit number.

    The holds that have run out are read at once for the option: looking for those of each departure
    takes most of the time for a year. The fingerprint is by exclusive or, so that it does not
    depend on any order; no departure is there twice.
    """
    return f"""
WITH run_out AS (
     SELECT hold.departure_id, {LIVE_PLACES} AS places
       FROM bookings_booking AS hold
      WHERE hold.option_id = %(option_id)s AND {has_run_out("hold")}
      GROUP BY hold.departure_id),
     share AS ({held_shares}),
     slot AS (
     SELECT {columns}
       FROM catalog_departure AS departure
       LEFT JOIN run_out ON run_out.departure_id = departure.id
      WHERE departure.option_id = %(option_id)s
        AND departure.local_date BETWEEN %(first)s AND %(last)s),
     seen AS (
     SELECT slot.*, share.held, share.max_percent
       FROM slot LEFT JOIN share ON share.departure_id = slot.id),
     fingerprint AS (
     SELECT count(*) AS departures,
            coalesce(bit_xor(hash_record_extended({_SEEN}, 0)), 0) AS digest
       FROM seen)"""
