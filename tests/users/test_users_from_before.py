"""Users that were made when any word was an address can be read and changed, and keep apart."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from uuid import UUID

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from core_site.partners.models import Partner
from core_site.users.models import User
from shared_domain import users
from shared_domain.run_now import run_now
from tests.harness.data import live

NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
def partner(db: None) -> Partner:
    return Partner.objects.create(code="alpine", name="Alpine", email="it@a.example")


@pytest.fixture
def stored(partner: Partner) -> Callable[..., list[User]]:
    """Store users with these addresses, each a minute younger, as the migration found them."""

    def store(*emails: str) -> list[User]:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE users_user DROP CONSTRAINT user_email_of_partner")
        rows = [
            User.objects.create(
                id=UUID(int=number),
                partner=partner,
                test_mode=False,
                email=email,
                age=30,
                created_at=NOW + timedelta(minutes=number),
                updated_at=NOW,
            )
            for number, email in enumerate(emails)
        ]
        User.objects.update(email_key="")
        migration = import_module("core_site.users.migrations.0003_fill_email_keys")
        state = MigrationLoader(connection, replace_migrations=False).project_state(
            ("users", "0003_fill_email_keys")
        )
        migration.fill(state.apps, None)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "ALTER TABLE users_user"
                "  ADD CONSTRAINT user_email_of_partner UNIQUE (partner_id, test_mode, email_key)"
            )
        return [User.objects.get(pk=row.pk) for row in rows]

    return store


def changed(user: User, **change: object) -> users.User:
    from core_site import stores

    return run_now(
        users.update_user(
            users.UserId(user.pk),
            users.UserChange(**change),
            access=live(user.partner_id),
            now=NOW,
            store=stores.users(),
        )
    )


def test_every_address_gets_its_key(stored: Callable[..., list[User]]) -> None:
    rows = stored("Ana@Example.com", "nonsense", "JÜRGEN@müller.example")

    assert [row.email_key for row in rows] == [
        "ana@example.com",
        "nonsense",
        "jürgen@müller.example",
    ]


def test_of_two_that_turn_out_to_be_the_same_the_older_has_the_key(
    stored: Callable[..., list[User]],
) -> None:
    older, younger = stored("straße@example.com", "strasse@example.com")

    assert older.email_key == "strasse@example.com"
    assert younger.email_key == f"strasse@example.com {younger.pk}"


def test_both_can_be_changed(stored: Callable[..., list[User]]) -> None:
    older, younger = stored("straße@example.com", "strasse@example.com")

    assert changed(older, age=31).age == changed(younger, age=31).age == 31
    younger.refresh_from_db()
    assert younger.email_key == f"strasse@example.com {younger.pk}"
    with pytest.raises(users.EmailTaken):
        changed(younger, email="STRASSE@example.com")
    changed(younger, email="Gasse@example.com")
    younger.refresh_from_db()
    assert younger.email_key == "gasse@example.com"


def test_what_is_no_address_any_more_can_be_read_and_kept(
    stored: Callable[..., list[User]],
) -> None:
    (user,) = stored("nonsense")

    assert changed(user, age=31).email == "nonsense"
    with pytest.raises(users.InvalidEmail):
        changed(user, email="nonsense")
