"""Which statements of the stores the edge runs, and which only staff and the worker do."""

from core_site.config.checks import statements

#: What only staff and the worker run. Any other statement of a store is the edge's.
NOT_FOR_THE_EDGE = (
    "audit_sql_store.",
    "availability.blackouts.sql_store.",
    "availability.departure_sync.sql_store.",
    "availability.sql_store.RELEASE",
    "availability.departure_sync.schedules_sql_store.SCHEDULES",
    "availability.sql_store.SET_CAPACITY",
    "availability.sql_store.SET_OPEN",
    "booking_desk.sql_store.",
    "bookings.move_notices.sql_store.",
    "bookings.sql_store.DEPARTURES_WITH_EXPIRED_HOLDS",
    "bookings.sql_store.EXPIRE_UNDATED_HOLDS",
    "manifest.sql_store.",
    "rollout.sql_store.FORGET_DJANGO",
    "rollout.sql_store.GET",
    "rollout.sql_store.RECORD_DJANGO_CALL",
    "rollout.sql_store.PIN",
    "rollout.sql_store.REGISTER_DJANGO",
    "rollout.django_dry_run_sql_store.",
    "rollout.evidence_sql_store.",
    "rollout.sql_store.UNPIN",
    "idempotency.sql_store.DROP_PARTITION",
    "idempotency.sql_store.MAKE_PARTITIONS",
    "idempotency.sql_store.PURGE",
    "notifications.queue.",
    "partners.sql_store.ADD",
    "partners.sql_store.GET_LOCKED",
    "partners.sql_store.OWNER",
    "partners.sql_store.SAVE",
    "disruptions.sql_store.",
    "messages.sql_store.",
    "events.sql_store.BECOME_SEQUENCER",
    "events.sql_store.EXPIRE",
    "events.sql_store.GIVE_POSITIONS",
    "events.sql_store.HAS_WAITING",
    "payments.sql_store.",
    "persons.sql_store.",
    "sales_rollup.sql_store.",
    "search.sql_store.",
    "resources.sql_store.",
    "settlements.sql_store.",
    "statements.sql_store.PARTNERS",
    "usage.sql_store.PAGE",
    "usage.sql_store.PURGE",
    "webhooks.sql_store.NOTICE_SENT",
    "weather.sql_store.PURGE",
    "weather.sql_store.SPOTS",
    "webhooks.queue.",
)
EDGE_ALL_THE_SAME = {
    "availability.sql_store.EXPIRE_HOLDS",
    "messages.sql_store.QUEUE",
    "rollout.sql_store.GET_LOCKED",
}


def edge_statements() -> dict[str, str]:
    """Return the statements of the edge, by their names."""
    return {
        name: statement
        for name, statement in statements()
        if name in EDGE_ALL_THE_SAME or not name.startswith(NOT_FOR_THE_EDGE)
    }
