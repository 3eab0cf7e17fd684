"""A mistake is logged by its type, its constraint and its lines of code: no log quotes a row."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString, cast
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.utils.module_loading import import_string

from shared_domain.tracebacks import describe
from tests.both_doors.doors import Stack

#: What PostgreSQL quotes of a row that it refuses, in its message and in its DETAIL.
REFUSE = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'not stored: %', to_jsonb(NEW)
            USING ERRCODE = 'XX999', DETAIL = to_jsonb(NEW)::text, CONSTRAINT = 'as_the_test_says';
    END $$
"""


@contextmanager
def a_table_that_refuses(owner: "psycopg.Connection[Any]", table: str) -> Iterator[None]:
    owner.execute(REFUSE)
    owner.execute(
        cast(
            LiteralString,
            f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW"
            " EXECUTE FUNCTION refuse()",
        )
    )
    try:
        yield
    finally:
        owner.execute("DROP FUNCTION refuse() CASCADE")


def test_a_page_of_the_admin_that_breaks(stack: Stack) -> None:
    secret = f"ada-{uuid4()}"

    with a_table_that_refuses(stack.connection, "auth_group"):
        page = stack.staff.client.get("/admin/auth/group/add/")
        token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        answer = stack.staff.client.post(
            f"/admin/auth/group/add/?q={secret}",
            data={"csrfmiddlewaretoken": token, "name": secret},
            headers={"Referer": str(page.url)},
        )

    assert answer.status_code == 500
    log = (stack.logs / "django.log").read_text()
    assert "(SQLSTATE XX999, constraint as_the_test_says)" in log
    assert "core_site/admin_kit/save_errors.py" in log
    assert secret not in log
    assert secret not in answer.text


@pytest.mark.django_db
def test_what_a_constraint_quotes() -> None:
    """The formatter of Django's log, for every logger: a job that fails, gunicorn, a command."""
    formatter = import_string(settings.LOGGING["formatters"]["line"]["()"])("%(message)s")
    with pytest.raises(IntegrityError, match="carol") as raised, connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_group (name) VALUES (%s), (%s)", ["carol"] * 2)
    record = logging.LogRecord(
        *("procrastinate", logging.ERROR, __file__, 1, "a job", ()),
        (raised.type, raised.value, raised.tb),
    )
    # Another handler's formatter leaves its text in the record.
    assert "(carol)" in logging.Formatter().format(record)

    lines = formatter.format(record)

    name = "IntegrityError (SQLSTATE 23505, constraint auth_group_name_key, table auth_group)"
    assert describe(raised.value) == name
    assert lines.endswith(name)
    assert "UniqueViolation (SQLSTATE 23505" in lines
    assert "(carol)" not in lines


def test_an_endpoint_of_the_edge_that_breaks(stack: Stack) -> None:
    secret = f"ada-{uuid4()}"

    with a_table_that_refuses(stack.connection, "bookings_booking"):
        answer = stack.partner.reserve(resellerReference=secret)

    assert answer.status == 500
    log = (stack.logs / "edge.log").read_text()
    assert "POST /octo/bookings" in log
    assert "(SQLSTATE XX999, constraint as_the_test_says)" in log
    assert secret not in log
