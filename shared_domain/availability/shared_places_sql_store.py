"""SQL fragments on a departure's row: the places of its boats that other departures leave it.

A departure has the places of its resources together, each less what is taken on every other
departure that has the same resource and overlaps it in time. That is never more than fits: the
others can be seated without what is counted here. Holds that have run out are not counted; to
tests, which take no live places, the resources are empty. Two overlap when their times do, from
start to end, or the opening hours of a day (``occupied``): a boat that a museum has until the
evening is free then. An assignment repeats start and end (``during``), kept by a trigger, for an
index that finds the few which may overlap.

``has_resources`` on the departure spares all others the look-up. A reservation locks the resources
of its departure *before* the departure, in ascending order (``LOCK_FIRST``), so that callers on two
departures of one boat come one after the other; a transaction that locks two departures locks the
resources of both first (``AvailabilityStore.lock_resources``). A departure that is given a resource
while a reservation waits for its row has it locked afterwards.
"""

from shared_domain.availability.booking_sql_store import LIVE_PLACES, expired_on

#: Makes the keys of these locks differ from those of others; see PostgreSQL's advisory locks.
LOCK_CLASS = 7301

_LAPSED_ON_OTHER = expired_on("other", LIVE_PLACES)


def occupied(departure: str) -> str:
    """Return the SQL of the times at which a departure needs its resources (``tstzmultirange``).

    Opening hours are added to the day's first moment, without the rules of a time zone. On a day on
    which the clocks change before the last closing time the sum is wrong (the last closing time is
    then not ``cutoffs_count_from``): such a day is occupied as a whole.
    """
    return f"""
       (SELECT CASE WHEN max(hours.closes) = {departure}.cutoffs_count_from - {departure}.starts_at
                    THEN range_agg(tstzrange({departure}.starts_at + hours.opens,
                                             {departure}.starts_at + hours.closes))
                    ELSE tstzmultirange(tstzrange({departure}.starts_at, {departure}.ends_at)) END
          FROM (SELECT typed.opens,
                       typed.closes + CASE WHEN typed.closes <= typed.opens THEN interval '24 hours'
                                           ELSE interval '0' END AS closes
                  FROM (SELECT (period ->> 'from')::interval AS opens,
                               (period ->> 'to')::interval AS closes
                          FROM jsonb_array_elements({departure}.opening_hours) AS period) AS typed
               ) AS hours)"""


def shared_seats(*, is_test: str) -> str:
    """Return the SQL of the places that its resources leave ``departure``; NULL for no limit."""
    return f"""
       (SELECT sum(greatest(0, resource.capacity - CASE WHEN {is_test} THEN 0 ELSE (
               SELECT coalesce(sum(other.reserved - {_LAPSED_ON_OTHER}), 0)
                 FROM resources_assignment AS shared
                 JOIN catalog_departure AS other ON other.id = shared.departure_id
                WHERE shared.resource_id = resource.id
                  AND shared.departure_id <> own.departure_id
                  AND shared.during && own.during
                  AND {occupied("other")} && {occupied("departure")}) END))::bigint
          FROM resources_assignment AS own
          JOIN resources_resource AS resource ON resource.id = own.resource_id
         WHERE own.departure_id = departure.id AND resource.capacity IS NOT NULL)"""


def capacity_with_resources(*, is_test: str) -> str:
    """Return the SQL of a departure's capacity: the lower of its own and that of its resources.

    ``least`` ignores NULL: without a capacity of its own, that of its boats counts.
    """
    return f"""
       CASE WHEN departure.has_resources
            THEN least(departure.capacity, {shared_seats(is_test=is_test)})
            ELSE departure.capacity END"""


#: A condition of the statement that locks ``departure``: it locks the resources before, and holds.
LOCK_FIRST = f"""
       (NOT departure.has_resources OR (
        SELECT count(pg_advisory_xact_lock({LOCK_CLASS}, needed.resource_id)) >= 0
          FROM (SELECT own.resource_id::int
                  FROM resources_assignment AS own
                 WHERE own.departure_id = departure.id
                 ORDER BY own.resource_id
                OFFSET 0) AS needed))"""
