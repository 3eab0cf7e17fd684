"""Triggers of departures that keep to their resources, whose places several of them share."""

import pgtrigger

from shared_domain.availability.shared_places_sql_store import shared_seats

#: Of the row as it is being written; readers and reservations go by the caller's moment instead.
_SEATS = shared_seats(is_test="false").replace("%(now)s", "clock_timestamp()")


def keeps_to_its_resources() -> pgtrigger.Trigger:
    """Refuse to reserve more places than the resources of a departure have left."""
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
    """Keep the times of a departure's assignments, whatever moves it."""
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
