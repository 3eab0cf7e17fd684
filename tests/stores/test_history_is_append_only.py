"""History and events only grow, for every role; two functions take something out, on record."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pghistory
import psycopg
import pytest
from django.db import DataError, ProgrammingError, connection, transaction
from django.utils import timezone

from core_site.events.models import Event
from core_site.history import row_version
from core_site.history.jobs import expire_history
from core_site.history.models import Removal
from core_site.partners.models import Partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    with pghistory.context(job="set_up"):
        return Partner.objects.create(code="alpine", name="Alpine", email="it@alpine.example")


def ask(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall()) if cursor.description else []


def is_refused(statement: str) -> bool:
    """Try a statement as the owner of the tables, who is a superuser here."""
    try:
        with transaction.atomic():
            ask(statement)
    except ProgrammingError as refusal:
        return isinstance(refusal.__cause__, psycopg.errors.InsufficientPrivilege)
    return False


def tables_of_history() -> list[str]:
    return [name for (name,) in ask("SELECT history_tables()::text")]


def first_column(table: str) -> str:
    return str(
        ask("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", table)[
            0
        ][0]
    )


def age(table: str, column: str) -> None:
    """Make all rows of a table two years old: the clock of the database cannot be turned."""
    ask(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    ask(f"UPDATE {table} SET {column} = now() - interval '2 years'")
    ask(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER history_is_append_only")


def test_every_version_table_of_pghistory_is_among_them() -> None:
    versions = {model._meta.db_table for model in row_version.Event.__subclasses__()}

    assert versions | {"pghistory_context", "events_event"} <= set(tables_of_history())


def test_no_table_of_history_takes_a_change_or_a_deletion(partner: Partner) -> None:
    let_through = [
        statement
        for table in tables_of_history()
        for statement in (
            f"UPDATE {table} SET {first_column(table)} = {first_column(table)}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        )
        # The outbox looks at each row, and there is none.
        if not is_refused(statement) and statement != "UPDATE events_event SET id = id"
    ]

    assert let_through == []


@pytest.mark.parametrize(
    "setting",
    [
        "SET LOCAL session_replication_role = replica",
        "SET LOCAL pgtrigger.ignore = '{history_is_append_only}'",
    ],
)
def test_no_setting_switches_it_off(partner: Partner, setting: str) -> None:
    ask(setting)

    assert is_refused("DELETE FROM partners_partnerevent")
    assert is_refused("UPDATE pghistory_context SET metadata = '{}'")


def test_ignoring_triggers_leaves_no_change_out_of_the_history(partner: Partner) -> None:
    ask(
        "SELECT set_config('pgtrigger.ignore', array_agg(tgname)::text, true) FROM pg_trigger"
        " WHERE tgrelid = 'partners_partner'::regclass"
    )

    Partner.objects.filter(pk=partner.pk).update(name="Alpine Tours")

    assert partner.events.filter(name="Alpine Tours").exists()


def test_a_context_is_written_once(partner: Partner) -> None:
    """A later transaction that names it cannot change who did what; it gets one of its own."""
    (of_staff,) = ask("SELECT id FROM pghistory_context")[0]
    ask(
        "SELECT set_config('pghistory.context_id', %s, true),"
        "       set_config('pghistory.context_metadata', %s, true)",
        str(of_staff),
        '{"api_key": 1}',
    )

    ask("UPDATE partners_partner SET name = 'x' WHERE id = %s", partner.pk)

    first, second = partner.events.order_by("pgh_id")
    assert first.pgh_context.metadata == {"job": "set_up"}
    assert second.pgh_context.metadata == {"api_key": 1}
    assert second.pgh_context_id != of_staff


def test_an_event_gets_its_position_once_and_never_changes(partner: Partner) -> None:
    Event.objects.create(
        partner=partner, type="booking.reserved", booking_uuid=uuid4(), test_mode=False
    )

    assert is_refused("UPDATE events_event SET product_id = 1")
    assert is_refused("UPDATE events_event SET position = 1, product_id = 1")
    ask("UPDATE events_event SET position = 1")

    assert is_refused("UPDATE events_event SET position = 2")
    assert is_refused("UPDATE events_event SET position = NULL")
    assert is_refused('UPDATE events_event SET data = \'{"status": "CONFIRMED"}\'')
    assert is_refused("DELETE FROM events_event")


def test_what_is_old_expires_with_its_contexts_on_record(partner: Partner, settings: Any) -> None:
    age("partners_partnerevent", "pgh_created_at")
    age("pghistory_context", "created_at")
    with pghistory.context(job="later"):
        Partner.objects.filter(pk=partner.pk).update(name="Alpine Tours")
    settings.HISTORY_DAYS = 400

    expire_history()

    (kept,) = partner.events.all()
    assert kept.pgh_context.metadata == {"job": "later"}
    assert ask("SELECT count(*) FROM pghistory_context") == [(1,)]
    removal = Removal.objects.get()
    assert removal.rows["partners_partnerevent"] == removal.rows["pghistory_context"] == 1
    assert removal.actor == {"job": "expire_history"}
    assert removal.finished_at
    assert is_refused("DELETE FROM partners_partnerevent")


def test_rows_that_expire_are_found_by_their_age() -> None:
    indexed = ask("SELECT tablename FROM pg_indexes WHERE indexname = tablename || '_age'")

    # Neither the logs of decisions nor the ledger ever expire.
    kept = {"endpoints_stagechange", "history_removal"}
    kept |= {"payments_entry", "statements_partnerpayment"}
    assert {table for (table,) in indexed} == set(tables_of_history()) - kept


def test_the_last_year_never_expires(partner: Partner) -> None:
    with pytest.raises(DataError, match="never expires"), transaction.atomic():
        ask("SELECT history_expire(%s, 100)", timezone.now() - timedelta(days=364))


def test_texts_of_a_version_can_be_erased_on_record(partner: Partner) -> None:
    version = partner.events.get()

    ask(
        "SELECT history_erase('partners_partnerevent', ARRAY[%s]::bigint[], '{email}', 'asked')",
        version.pgh_id,
    )

    version.refresh_from_db()
    assert (version.email, version.name) == ("", "Alpine")
    removal = Removal.objects.get()
    assert (removal.action, removal.reason) == ("erase", "asked")
    assert removal.rows == {"partners_partnerevent": 1}
    assert "it@alpine" not in str(vars(removal))
    assert is_refused("UPDATE partners_partnerevent SET email = 'x'")


@pytest.mark.parametrize(
    "arguments",
    [
        "'pghistory_context', '{1}', '{metadata}', 'asked'",
        "'auth_user', '{1}', '{email}', 'asked'",
        "'partners_partnerevent', '{1}', '{pgh_label}', 'asked'",
        "'partners_partnerevent', '{1}', '{max_hold_minutes}', 'asked'",
        "'partners_partnerevent', '{1}', '{}', 'asked'",
        "'partners_partnerevent', '{1}', '{email}', ' '",
    ],
)
def test_nothing_but_texts_of_history_is_erased_and_never_without_a_reason(arguments: str) -> None:
    with pytest.raises(DataError), transaction.atomic():
        ask(f"SELECT history_erase({arguments})")
