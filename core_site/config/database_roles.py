"""Privileges of the database roles: owner, Django's and the edge's.

======  =============================================================================
owner   owns the tables; runs ``migrate`` and ``grant_roles``, and nothing that serves
django  Django and the worker: rows of every table; history they only read
edge    the statements of the services that the edge calls, column by column
======  =============================================================================

By default Django's is called ``<database>_site``, an older word: a role cannot be renamed while
processes log in as it.

``tests/stores/test_what_each_role_may_do.py`` asks PostgreSQL which columns each statement of the
edge needs, and compares them with ``EDGE``: a column too few or too many fails.

UPDATE and INSERT are granted by column even where all are meant: a privilege on the whole table
would also let the role LOCK it (PostgreSQL's manual, LOCK).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

Statement = sql.Composable


@dataclass(frozen=True)
class Columns:
    """The named columns of a table, or all columns except them."""

    names: tuple[str, ...]
    are_left_out: bool = False

    def of(self, existing: Sequence[str]) -> list[str]:
        """Return the selected ones of the existing columns, in their order."""
        return [name for name in existing if (name in self.names) is not self.are_left_out]


def only(*names: str) -> Columns:
    return Columns(names)


def all_but(*names: str) -> Columns:
    return Columns(names, are_left_out=True)


#: The privilege on the table, columns that come later included.
WHOLE_TABLE = None

#: An endpoint that registers begins with the defaults of the database.
_BUDGETS_BY_DEFAULT = (
    *("most_tail_ratio", "most_timeout_percent", "timeout_ms"),
    *("guarded_calls", "guarded_percent"),
)

#: What staff and guides note about guests.
_OF_THE_MANIFEST = ("attendance", "attendance_at", "attendance_by")

#: What is not named here, the edge cannot touch: users, sessions and the admin log above all.
#: History is written by triggers, which run as the owner.
EDGE: Mapping[str, Mapping[str, Columns | None]] = {
    "bookings_booking": {
        "SELECT": WHOLE_TABLE,
        "INSERT": all_but(
            *("id", "confirmed_at", "redeemed_at", "cancelled_at", "cancellation_refund"),
            *("cancellation_reason", "cancellation_initiator", "refund_net_minor"),
            *("refund_retail_minor", "sale_date", "voucher_code", "tickets_due_at"),
            *("tickets_sent_at", "carried_out", "internal_note", "tickets_recipient"),
        ),
        "UPDATE": all_but(
            *("id", "uuid", "test_mode", "supplier_reference", "reservation_fingerprint"),
            *("created_at", "partner_id", "channel"),
        ),
    },
    # A message is owed once for a booking, kind and cause; the edge reads no more of any.
    "bookings_guestmail": {
        "SELECT": only("id", "booking_id", "kind", "cause"),
        "INSERT": only(
            *("booking_id", "partner_id", "test_mode", "kind", "outcome", "created_at"),
            *("owed_at", "due_at", "cause", "recipient", "words", "note_id", "subject"),
            *("body", "attachments"),
        ),
    },
    "bookings_unititem": {
        "SELECT": all_but("id", *_OF_THE_MANIFEST),
        "INSERT": all_but("id", *_OF_THE_MANIFEST),
        "UPDATE": all_but("id", "uuid", "booking_id", *_OF_THE_MANIFEST),
    },
    "catalog_departure": {
        "SELECT": all_but(
            *("is_edited", "schedule_id", "closed_by_staff", "is_kept", "is_scheduled"),
            *("guide_links_revoked", "blackout_id"),
        ),
        "UPDATE": only("reserved"),
    },
    "catalog_option": {"SELECT": all_but("followed_zone_rules")},
    "catalog_partnerterms": {"SELECT": WHOLE_TABLE},
    "catalog_price": {"SELECT": WHOLE_TABLE},
    "catalog_product": {"SELECT": all_but("created_at", "place")},
    "catalog_schedule": {"SELECT": only("is_active", "start_times", "season_end", "option_id")},
    "catalog_supplier": {"SELECT": all_but("id", "is_only")},
    "catalog_unit": {"SELECT": WHOLE_TABLE},
    "endpoints_build": {
        "SELECT": all_but("first_seen_at"),
        "INSERT": all_but("id"),
        "UPDATE": only("last_seen_at", "heard_at"),
    },
    "endpoints_builddifference": {
        "SELECT": all_but("id", "first_at"),
        "INSERT": all_but("id"),
        "UPDATE": only("count", "last_at", "example_request_id", "example"),
    },
    "endpoints_buildnoise": {
        "SELECT": all_but("id"),
        "INSERT": all_but("id"),
        "UPDATE": only("learned_at"),
    },
    "endpoints_difference": {
        "SELECT": all_but("first_at"),
        "INSERT": all_but("id"),
        "UPDATE": only("count", "last_at", "example_request_id", "example"),
    },
    "endpoints_edgecalls": {
        "SELECT": all_but("id"),
        "INSERT": all_but("id"),
        "UPDATE": only("calls", "fell_back"),
    },
    "endpoints_endpoint": {
        "SELECT": all_but("self_test_at", "self_test_passed"),
        "INSERT": all_but(
            *(
                *_BUDGETS_BY_DEFAULT,
                "id",
                "site",
                "site_called_at",
                "self_test_at",
                "self_test_passed",
            )
        ),
        "UPDATE": all_but("id", "method", "path_shape", "is_on_site", "site", "salt"),
    },
    "endpoints_endpointhour": {
        "SELECT": all_but("id"),
        "INSERT": all_but("id"),
        "UPDATE": all_but("id", "hour", "endpoint_id"),
    },
    "endpoints_guardedclass": {
        "SELECT": all_but("id"),
        "INSERT": all_but("id"),
        "UPDATE": only("matched", "begun_at", "seen_at"),
    },
    "endpoints_noise": {
        "SELECT": WHOLE_TABLE,
        "INSERT": all_but("id"),
        "UPDATE": only("learned_at"),
    },
    "endpoints_paritycheck": {"INSERT": all_but("id")},
    "endpoints_pin": {"SELECT": all_but("id")},
    "endpoints_recording": {
        "SELECT": only("fingerprint", "endpoint_id"),
        "INSERT": all_but("id"),
    },
    "endpoints_selftest": {
        "SELECT": all_but("id"),
        "INSERT": all_but("id"),
        "UPDATE": only("at", "passed"),
    },
    "endpoints_stagechange": {"INSERT": all_but("id")},
    "events_acknowledgement": {
        "SELECT": all_but("id", "acknowledged_at"),
        "INSERT": all_but("id"),
        "UPDATE": only("position", "acknowledged_at"),
    },
    "events_event": {
        "SELECT": all_but("id", "transaction_id"),
        "INSERT": only("partner_id", "test_mode", "type", "booking_uuid", "data"),
    },
    "events_log": {"SELECT": only("last_position", "expired_to")},
    "idempotency_record": {
        "SELECT": all_but("created_at", "partner_id", "test_mode", "subject"),
        "INSERT": all_but("created_at"),
    },
    "notifications_notification": {
        "SELECT": only("id", "subscription_id", "kind", "subject", "state", "attempts"),
        "UPDATE": only("next_attempt_at", "attempts"),
    },
    "notifications_queue": {
        "SELECT": only("subscription_id", "wakeups"),
        "INSERT": only("subscription_id", "begins_after"),
        "UPDATE": only(
            *("due_at", "claim", "resume_at", "failures", "failing_since", "is_slow", "wakeups"),
        ),
    },
    "notifications_subscription": {
        "SELECT": all_but("notice_due_at"),
        "INSERT": only(
            *("id", "partner_id", "test_mode", "url", "notification_types", "sealed_headers"),
            *("created_at", "updated_at"),
        ),
        "UPDATE": all_but("id", "partner_id", "test_mode", "created_at", "notice_due_at"),
    },
    "partners_apikey": {"SELECT": WHOLE_TABLE},
    "partners_partner": {"SELECT": only("id", "is_active", "max_hold_minutes", "max_held_percent")},
    # Whether a booking has payments; how much was paid is for staff.
    "payments_account": {"SELECT": only("booking_id")},
    "resources_assignment": {"SELECT": only("departure_id", "resource_id", "during")},
    "resources_resource": {"SELECT": only("id", "capacity")},
    "sales_rollup_owedmonth": {"SELECT": all_but("id")},
    "sales_rollup_salechange": {
        "SELECT": all_but(
            *("id", "product_id", "sale_date", "sold_bookings", "sold_cancelled"),
            *("sold_retail_minor", "sold_net_minor"),
        ),
    },
    "usage_keyhour": {
        "SELECT": all_but("id"),
        "INSERT": all_but("id"),
        "UPDATE": all_but("id", "api_key_id", "hour"),
    },
    "usage_refusal": {"INSERT": all_but("id")},
    "users_user": {
        "SELECT": WHOLE_TABLE,
        "INSERT": all_but(),
        "UPDATE": all_but("id", "created_at", "partner_id", "test_mode"),
    },
    "weather_cachedforecast": {
        "SELECT": all_but("id", "used_at"),
        "INSERT": only("subject", "claimed_until", "used_at"),
        "UPDATE": all_but("id", "subject"),
    },
    "weather_productlocation": {
        "SELECT": only("product_id", "latitude", "longitude", "is_outdoors"),
    },
    "webhooks_attempt": {"SELECT": WHOLE_TABLE},
    "webhooks_delivery": {
        "SELECT": all_but("subject", "booking_uuid", "is_replay", "first_attempt_at"),
        "INSERT": only(
            *("endpoint_id", "message_id", "type", "subject", "state", "next_attempt_at"),
            "created_at",
        ),
        "UPDATE": only("state", "next_attempt_at", "attempts", "first_attempt_at", "settled_at"),
    },
    "webhooks_endpoint": {
        "SELECT": all_but("notice_due_at"),
        "INSERT": only(
            *("id", "partner_id", "test_mode", "url", "description", "types", "secret_number"),
            *("secret_key_id", "created_at", "updated_at"),
        ),
        "UPDATE": all_but("id", "partner_id", "test_mode", "created_at", "notice_due_at"),
    },
    "webhooks_queue": {
        "SELECT": all_but("failures", "is_slow"),
        "INSERT": only("endpoint_id", "position"),
        "UPDATE": all_but("endpoint_id", "last_success_at", "last_failure_at"),
    },
}

#: Whether another write came between; taking tickets out of a booking; erasing a partner's user.
#: ``endpoints_effects`` is for the processes of the release before, which ask it while a release is
#: rolled out.
EDGE_FUNCTIONS = (
    "endpoints_effects",
    "endpoints_crossed",
    "endpoints_changed_since",
    "bookings_remove_items",
    "users_erase",
)

#: Django's part of what only grows; all other tables of history it only reads.
DJANGO_MAY_ADD = (
    "events_event",
    "endpoints_stagechange",
    "payments_entry",
    "statements_partnerpayment",
)

#: Of the functions that seal the history Django may call these; the others are the triggers'.
DJANGO_HISTORY_FUNCTIONS = ("history_expire", "history_erase")

#: Open to every role by PostgreSQL's default, used by none of ours: objects outside of all tables,
#: and locks that outlast a transaction. Only a superuser can take them away.
REVOKED_FUNCTIONS = (
    *("lo_create(oid)", "lo_creat(integer)", "lo_from_bytea(oid, bytea)"),
    *(
        f"pg_{attempt}advisory_lock{kind}({key})"
        for attempt in ("", "try_")
        for kind in ("", "_shared")
        for key in ("bigint", "integer, integer")
    ),
)

_FUNCTIONS = """
    SELECT p.oid::regprocedure::text, p.proname
      FROM pg_proc AS p
     WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
     ORDER BY 1
"""

_TABLES = """
    SELECT c.relname, array_agg(a.attname ORDER BY a.attnum), c.oid IN (SELECT history_tables())
      FROM pg_class AS c
      JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
     GROUP BY c.oid ORDER BY c.relname
"""


def privileges(cursor: Any, *, database: str, django: str, edge: str) -> Iterator[Statement]:
    """Yield the statements that revoke all privileges of both roles, then grant those they need."""
    named = {
        "database": sql.Identifier(database),
        "django": sql.Identifier(django),
        "edge": sql.Identifier(edge),
    }
    yield from _statements(
        named,
        *(
            f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM PUBLIC, {{django}}, {{edge}}"
            for kind in ("TABLES", "SEQUENCES", "ROUTINES")
        ),
        "REVOKE ALL ON SCHEMA public FROM PUBLIC, {django}, {edge}",
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC, {django}, {edge}",
        # What later migrations make is closed until this has run again.
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {django}, {edge}",
        "GRANT USAGE ON SCHEMA public TO {django}, {edge}",
    )
    cursor.execute(_TABLES)
    for table, columns, is_history in cursor.fetchall():
        yield _grant(_of_django(table, is_history), sql.Identifier(table), named["django"])
        for privilege, wanted in EDGE.get(table, {}).items():
            listed = wanted and sql.SQL(", ").join(map(sql.Identifier, wanted.of(columns)))
            verb = sql.SQL("{} ({})").format(sql.SQL(privilege), listed) if listed else privilege
            yield _grant(verb, sql.Identifier(table), named["edge"])
    # Columns that Django makes are identities, which need no grant; procrastinate's are not.
    yield from _statements(named, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {django}")
    cursor.execute(_FUNCTIONS)
    for signature, name in cursor.fetchall():
        function = sql.SQL("FUNCTION " + signature)
        if name in DJANGO_HISTORY_FUNCTIONS or not name.startswith(_OF_TRIGGERS):
            yield _grant("EXECUTE", function, named["django"])
        if name in EDGE_FUNCTIONS:
            yield _grant("EXECUTE", function, named["edge"])


_OF_TRIGGERS = (
    "pgtrigger_",
    "_pgtrigger_",
    "_pgh_",
    "history_",
    "events_record_",
    "sales_rollup_note_",
)


#: Only functions of the sequencer write the log's row, so that no position is given twice.
_ONLY_READ_BY_THE_SITE = ("django_migrations", "events_log")


def _of_django(table: str, is_history: bool) -> str:
    if table in DJANGO_MAY_ADD:
        return "SELECT, INSERT"
    if is_history or table in _ONLY_READ_BY_THE_SITE:
        return "SELECT"
    return "SELECT, INSERT, UPDATE, DELETE"


def _statements(named: Mapping[str, Statement], *texts: str) -> Iterator[Statement]:
    for text in texts:
        yield sql.SQL(text).format(**named)


def _grant(privilege: str | Statement, what: Statement, role: Statement) -> Statement:
    verb = sql.SQL(privilege) if isinstance(privilege, str) else privilege
    return sql.SQL("GRANT {} ON {} TO {}").format(verb, what, role)
