"""Write the demo's four resellers, of different size and terms, with users and API keys."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from core_site import stores
from core_site.catalog.models import PartnerTerms, Product
from core_site.demo.catalogue import DOCUMENTED_USER, OPERATOR, PRODUCTS
from core_site.demo.guests import new_guest
from core_site.partners.models import Partner
from core_site.users.models import User
from shared_domain import partners
from shared_domain.run_now import run_now

PARTNERS: Mapping[str, Mapping[str, Any]] = OPERATOR["partner"]

#: The first partner's, in basis points, where a product names no other.
USUAL_COMMISSION = 2000

#: Users for each unit of a partner's volume.
USERS_PER_VOLUME = 5


def load_partners(*, now: datetime) -> None:
    """Write the partners, and the products that each may sell with its commission."""
    for position, (code, shape) in enumerate(PARTNERS.items()):
        partner = Partner.objects.create(
            code=code,
            name=code.replace("-", " ").title(),
            email=f"api@{code}.example",
            max_hold_minutes=shape["max_hold_minutes"],
            created_at=now - timedelta(days=650 - 120 * position),
        )
        for product in Product.objects.order_by("id"):
            commissions = PRODUCTS[product.code]["commissions"]
            if code in commissions or position == 0:
                commission = commissions.get(code, USUAL_COMMISSION)
                PartnerTerms.objects.create(
                    partner=partner, product=product, commission_basis_points=commission
                )


def issue_keys(*, now: datetime) -> dict[str, dict[str, str]]:
    """Issue a live and a test key for each partner; return the secrets by partner code and mode.

    The secrets are not stored.
    """
    scopes = [scope.value for scope in partners.Scope]
    keys: dict[str, dict[str, str]] = {}
    for partner in Partner.objects.order_by("id"):
        for mode in ("live", "test"):
            issuing = partners.issue_key(
                partners.PartnerId(partner.id), label=f"Demo, {mode}", is_test=mode == "test",
                scopes=scopes, expires_at=None, now=now, store=stores.keys(),
            )  # fmt: skip
            keys.setdefault(partner.code, {})[mode] = run_now(issuing).secret
    return keys


def load_users(rng: Random, *, now: datetime) -> None:
    """Write the users of each partner, created over the last year, and the documented user."""
    ids = dict(Partner.objects.values_list("code", "id"))
    made = []
    for code, partner in PARTNERS.items():
        # An address that comes up twice is taken once.
        addresses = dict.fromkeys(
            new_guest(rng)["email_address"] for _ in range(partner["volume"] * USERS_PER_VOLUME)
        )
        for email in addresses:
            created_at = now - timedelta(minutes=rng.randint(1, 365 * 24 * 60))
            last_change = (now - created_at) * rng.random() if rng.random() < 0.2 else timedelta(0)
            user = User(
                id=UUID(int=rng.getrandbits(128), version=4), partner_id=ids[code], email=email,
                test_mode=False, age=rng.randint(rng.choice([0, 18, 18]), 91),
                created_at=created_at, updated_at=created_at + last_change,
            )  # fmt: skip
            made.append(user)
    documented = User(
        id=DOCUMENTED_USER, partner_id=ids[next(iter(PARTNERS))], email="clara.duarte@example.com",
        test_mode=False, age=34, created_at=now, updated_at=now,
    )  # fmt: skip
    User.objects.bulk_create([*made, documented])
