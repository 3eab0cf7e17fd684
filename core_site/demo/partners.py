"""Four resellers of different size and terms, each with a live and a test key."""

from datetime import datetime, timedelta
from typing import Any

from core_site.catalog.models import PartnerTerms, Product
from core_site.database import DjangoDatabase
from core_site.partners.models import Partner
from shared_domain import partners
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.run_now import run_now

#: ``products`` maps codes to commissions in basis points; ``others`` is for all the rest, if sold.
#: ``volume`` weighs bookings; ``reference`` is how the partner numbers its own.
PARTNERS: tuple[dict[str, Any], ...] = (
    {
        "code": "iberia-tickets",
        "name": "Iberia Tickets",
        "email": "integrations@iberia-tickets.example",
        "max_hold_minutes": 240,
        "others": 2000,
        "products": {"private-yacht": 1200, "seven-hills-pass": 800},
        "volume": 50,
        "reference": "IBT-{:06d}",
    },
    {
        "code": "nordlicht-reisen",
        "name": "Nordlicht Reisen",
        "email": "technik@nordlicht-reisen.example",
        "max_hold_minutes": 10_080,
        "others": None,
        "products": {
            "ajuda-palace": 1500,
            "alfama-walk": 2500,
            "azores-whale-watching": 2200,
            "belem-by-bike": 2500,
            "botanical-garden": 1500,
            "douro-wine-day": 2200,
            "pastel-baking-class": 2500,
            "sintra-day-trip": 2000,
            "tejo-sunset-sail": 2500,
            "tile-museum-day": 1500,
            "tile-painting-class": 2500,
            "wagashi-class": 2000,
            "yanaka-walk": 2000,
        },
        "volume": 30,
        "reference": "NR{:08d}",
    },
    {
        "code": "hanami-travel",
        "name": "Hanami Travel",
        "email": "api@hanami-travel.example",
        "max_hold_minutes": 1440,
        "others": None,
        "products": {
            "ajuda-palace": 1250,
            "alfama-walk": 1800,
            "botanical-garden": 1250,
            "pastel-baking-class": 1800,
            "seven-hills-pass": 1000,
            "tejo-sunset-sail": 1800,
            "tile-museum-day": 1250,
            "tram-28-audio-walk": 3000,
            "wagashi-class": 1500,
            "yanaka-walk": 1500,
        },
        "volume": 14,
        "reference": "HT-{:05d}-P",
    },
    {
        "code": "albion-days-out",
        "name": "Albion Days Out",
        "email": "hello@albion-days-out.example",
        "max_hold_minutes": 30,
        "others": None,
        "products": {
            "ajuda-palace": 1000,
            "alfama-walk": 1500,
            "botanical-garden": 1000,
            "private-yacht": 1000,
            "thames-kayak": 1500,
        },
        "volume": 6,
        "reference": "albion/{:d}",
    },
)


def load_partners(*, now: datetime) -> None:
    """Write the partners and what each may sell."""
    Partner.objects.bulk_create(
        Partner(
            **{name: partner[name] for name in ("code", "name", "email", "max_hold_minutes")},
            created_at=now - timedelta(days=650 - 120 * position),
        )
        for position, partner in enumerate(PARTNERS)
    )
    ids = dict(Partner.objects.values_list("code", "id"))
    PartnerTerms.objects.bulk_create(
        PartnerTerms(
            partner_id=ids[partner["code"]],
            product=product,
            commission_basis_points=partner["products"].get(product.code, partner["others"]),
        )
        for partner in PARTNERS
        for product in Product.objects.order_by("id")
        if product.code in partner["products"] or partner["others"] is not None
    )


def issue_keys(*, now: datetime) -> dict[str, dict[str, str]]:
    """Return a new live and test secret for each partner, by code; the secrets are kept nowhere."""
    store = SqlKeyStore(DjangoDatabase())
    return {
        partner.code: {
            mode: run_now(
                partners.issue_key(
                    partners.PartnerId(partner.id),
                    label=f"Demo, {mode}",
                    is_test=mode == "test",
                    scopes=[scope.value for scope in partners.Scope],
                    expires_at=None,
                    now=now,
                    store=store,
                )
            ).secret
            for mode in ("live", "test")
        }
        for partner in Partner.objects.order_by("id")
    }
