"""Database triggers of departures with resources, whose places several departures may share."""

import pgtrigger

from shared_domain.availability.shared_places_sql_store import occupied, shared_seats

#: The places that resources leave at the time of the write; queries pass the caller's ``now``.
_SEATS = shared_seats(is_test="false").replace("%(now)s", "clock_timestamp()")


def keeps_to_its_resources() -> pgtrigger.Trigger:
    """Return the trigger that refuses to reserve more places than a departure's resources have."""
    return pgtrigger.Trigger(
        name="keeps_to_its_resources",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("reserved"),
        condition=pgtrigger.Condition("NEW.has_resources AND NEW.reserved > OLD.reserved"),
        declare=[("seats", "bigint")],
        func=f"""
            SELECT {_SEATS} INTO seats
              FROM (SELECT NEW.id, NEW.starts_at, NEW.ends_at, NEW.opening_hours,
                           NEW.cutoffs_count_from) AS departure;
            IF NEW.reserved > seats THEN
                RAISE EXCEPTION 'departure % has % places with its resources', NEW.id, seats
                      USING ERRCODE = 'check_violation',
                            CONSTRAINT = 'departure_keeps_to_its_resources';
            END IF;
            RETURN NEW;
        """,
    )


def takes_its_resources_along() -> pgtrigger.Trigger:
    """Return the trigger that copies new times of a departure to its assignments."""
    return pgtrigger.Trigger(
        name="takes_its_resources_along",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("starts_at", "ends_at"),
        condition=pgtrigger.Condition("NEW.has_resources"),
        func="""
            UPDATE resources_assignment
               SET during = tstzrange(NEW.starts_at, NEW.ends_at)
             WHERE departure_id = NEW.id;
            RETURN NULL;
        """,
    )


def tells_when_shared_places_run_out() -> pgtrigger.Trigger:
    """Return the trigger for events of departures with resources: sold out, and available again.

    A reservation on one departure takes places of every departure that shares a boat with it at
    that time. For departures without resources, ``events_record_departure`` writes the events
    (``core_site/events``).
    """
    return pgtrigger.Trigger(
        name="tells_when_shared_places_run_out",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("reserved"),
        condition=pgtrigger.Condition("NEW.has_resources AND NEW.reserved <> OLD.reserved"),
        declare=[
            ("sharing", "catalog_departure"),
            ("seats", "bigint"),
            ("more", "bigint = NEW.reserved - OLD.reserved"),
            ("was_full", "boolean"),
            ("is_full", "boolean"),
        ],
        func=f"""
            FOR sharing IN
                SELECT found.*
                  FROM catalog_departure AS found
                 WHERE found.is_open AND found.booking_cutoff_at > now()
                   AND (found.id = NEW.id OR found.id IN (
                        SELECT shared.departure_id
                          FROM resources_assignment AS own
                          JOIN resources_resource AS resource ON resource.id = own.resource_id
                          JOIN resources_assignment AS shared
                            ON shared.resource_id = own.resource_id AND shared.during && own.during
                         WHERE own.departure_id = NEW.id AND resource.capacity IS NOT NULL)
                        AND {occupied("found")} && {occupied("NEW")})
                 ORDER BY found.id
            LOOP
                SELECT {_SEATS} INTO seats
                  FROM (SELECT sharing.*) AS departure;
                is_full := coalesce(sharing.reserved >= least(sharing.capacity, seats), false);
                was_full := coalesce(CASE
                    WHEN sharing.id = NEW.id
                    THEN OLD.reserved >= least(sharing.capacity, seats)
                    ELSE sharing.reserved >= least(sharing.capacity, seats + more) END, false);
                IF is_full <> was_full THEN
                    PERFORM events_record_of_departure(
                        CASE WHEN is_full THEN 'departure.sold_out'
                             ELSE 'departure.available_again' END, sharing, '{{}}');
                END IF;
            END LOOP;
            RETURN NULL;
        """,
    )
