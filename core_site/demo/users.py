"""Customers of the partners, of every age, made over the last year."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from core_site.demo.guests import new_guest
from core_site.demo.partners import PARTNERS
from core_site.demo.products_documented import DOCUMENTED_USER
from core_site.partners.models import Partner
from core_site.users.models import User

#: Users for each unit of a partner's volume.
USERS_PER_VOLUME = 5

OLDEST = 91


def load_users(rng: Random, *, now: datetime) -> None:
    """Write the users of each partner; an address that comes up twice is taken once."""
    ids = dict(Partner.objects.values_list("code", "id"))
    for partner in PARTNERS:
        guests = [new_guest(rng) for _ in range(partner["volume"] * USERS_PER_VOLUME)]
        addresses = dict.fromkeys(guest["email_address"] for guest in guests)
        User.objects.bulk_create(
            _user(rng, ids[partner["code"]], email, now=now) for email in addresses
        )


def load_documented_user(*, now: datetime) -> None:
    """Write the user that the API documentation's examples read and change."""
    User.objects.create(
        id=DOCUMENTED_USER,
        partner=Partner.objects.get(code=PARTNERS[0]["code"]),
        test_mode=False,
        email="clara.duarte@example.com",
        age=34,
        created_at=now,
        updated_at=now,
    )


def _user(rng: Random, partner_id: int, email: str, *, now: datetime) -> User:
    created_at = now - timedelta(minutes=rng.randint(1, 365 * 24 * 60))
    has_changed = rng.random() < 0.2
    return User(
        id=UUID(int=rng.getrandbits(128), version=4),
        partner_id=partner_id,
        test_mode=False,
        email=email,
        # Most are grown up; some are children on a parent's address, and some just born.
        age=rng.choice([rng.randint(0, 17), rng.randint(18, 70), rng.randint(18, OLDEST)]),
        created_at=created_at,
        updated_at=created_at + (now - created_at) * rng.random() if has_changed else created_at,
    )
