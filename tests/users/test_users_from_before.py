"""Users that were made when any word was an address can be read and changed, and keep apart."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from core_site.partners.models import Partner
from core_site.users.models import User
from shared_domain import users
from shared_domain.run_now import run_now
from tests.harness.data import live

NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
def partner(db: None) -> Partner:
    return Partner.objects.create(code="alpine", name="Alpine", email="it@a.example")


def store(partner: Partner, email: str, email_key: str) -> User:
    """Store a user as it was: of two with one address, the younger has a key of its own."""
    user = User.objects.create(
        id=uuid4(),
        partner=partner,
        test_mode=False,
        email="new@example.com",
        age=30,
        created_at=NOW,
        updated_at=NOW,
    )
    User.objects.filter(pk=user.pk).update(email=email, email_key=email_key)
    user.refresh_from_db()
    return user


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


def test_two_with_one_address_can_be_changed(partner: Partner) -> None:
    older = store(partner, "straße@example.com", "strasse@example.com")
    key = "strasse@example.com younger"
    younger = store(partner, "strasse@example.com", key)

    assert changed(older, age=31).age == changed(younger, age=31).age == 31
    younger.refresh_from_db()
    assert younger.email_key == key
    with pytest.raises(users.EmailTaken):
        changed(younger, email="STRASSE@example.com")
    changed(younger, email="Gasse@example.com")
    younger.refresh_from_db()
    assert younger.email_key == "gasse@example.com"


def test_what_is_no_address_any_more_can_be_read_and_kept(partner: Partner) -> None:
    user = store(partner, "nonsense", "nonsense")

    assert changed(user, age=31).email == "nonsense"
    with pytest.raises(users.InvalidEmail):
        changed(user, email="nonsense")
