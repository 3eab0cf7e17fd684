"""Committed data for servers under test: five products, two partners and their API keys."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Placeholder

from api_edge.postgresql.database import PsycopgDatabase, configure_connection, connection_arguments
from api_edge.postgresql.pool import Connection
from api_edge.settings import Settings
from shared_domain import availability, partners
from shared_domain.availability.sql_store import SqlAvailabilityStore
from shared_domain.catalog import OptionId
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.partners import PartnerId, Scope
from shared_domain.partners.sql_store import SqlKeyStore


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Secrets of API keys. All but ``rival`` belong to one partner."""

    live: str
    test: str
    catalog_only: str
    readers: str
    rival: str


def populate(owner_url: str) -> Keys:
    """Fill an empty, migrated database, and return the keys to it.

    ``river-kayak``
        departures at 09:30 and 14:00, 12 places, priced per unit in EUR and GBP, one ticket each
    ``city-museum``
        opening hours, 200 places, one voucher, priced per unit
    ``private-sail``
        priced per booking in JPY, and confirmed by staff
    ``open-ticket``
        bookable without a date, no limit
    ``old-town-walk``
        sold by the other partner only
    """
    with psycopg.connect(owner_url) as owner:
        inserted = _Inserter(owner)
        inserted(
            "catalog_supplier", code="tejo-tours", name="Tejo Tours", website="", address="",
            email="partners@tejo-tours.example", telephone="+351213456789", is_only=True,
        )  # fmt: skip
        alpine, rival = (
            inserted(
                "partners_partner", code=code, name=code.title(), email=f"it@{code}.example",
                is_active=True, max_hold_minutes=240, max_held_percent=percent,
                created_at=datetime.now(UTC),
            )
            # The first may fill a departure with its holds; the other may hold its usual share.
            for code, percent in (("alpine", 100), ("rival", 80))
        )  # fmt: skip
        options = [
            _kayak(inserted, [alpine, rival]),
            _museum(inserted, [alpine]),
            _sail(inserted, [alpine]),
            _open_ticket(inserted, [alpine]),
            _walk(inserted, [rival]),
        ]
    return asyncio.run(_bring_to_life(owner_url, options, PartnerId(alpine), PartnerId(rival)))


def add_superuser(owner_url: str, name: str, password: str) -> None:
    """Add what ``manage.py createsuperuser`` adds, without starting Django for it."""
    # A program that only measures the edge imports this module without settings.
    from django.contrib.auth.hashers import make_password

    with psycopg.connect(owner_url) as owner:
        _Inserter(owner)(
            "auth_user", username=name, email=f"{name}@example.com",
            password=make_password(password), first_name="", last_name="",
            is_superuser=True, is_staff=True, is_active=True, date_joined=datetime.now(UTC),
        )  # fmt: skip


class _Inserter:
    """Inserts one row from keyword arguments, and returns its id."""

    def __init__(self, owner: psycopg.Connection[Any]) -> None:
        self._owner = owner

    def __call__(self, table: str, **values: object) -> int:
        statement = SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
            Identifier(table),
            SQL(", ").join(map(Identifier, values)),
            SQL(", ").join(map(Placeholder, values)),
        )
        row = self._owner.execute(statement, values).fetchone()
        assert row is not None
        return int(row[0])


def _product(
    inserted: _Inserter, code: str, partner_ids: Iterable[int], **different: object
) -> int:
    product_id = inserted(
        "catalog_product",
        **{
            "code": code, "internal_name": code.replace("-", " ").capitalize(),
            "reference": code.upper(), "is_active": True, "locale": "en-GB",
            "time_zone": "Europe/Lisbon", "allow_freesale": False, "instant_confirmation": True,
            "instant_delivery": True, "availability_required": True,
            "availability_type": "START_TIME", "delivery_formats": ["QRCODE", "CODE128"],
            "delivery_methods": ["TICKET"], "redemption_method": "DIGITAL",
            "pricing_per": "UNIT", "default_currency": "EUR",
            "available_currencies": ["EUR", "GBP"], "tax_name": "VAT 6%",
            "tax_basis_points": 600, "revision": 1, "created_at": datetime.now(UTC),
        }
        | different,
    )  # fmt: skip
    for partner_id in partner_ids:
        inserted(
            "catalog_partnerterms", partner_id=partner_id, product_id=product_id,
            commission_basis_points=2000,
        )  # fmt: skip
    return product_id


def _option(inserted: _Inserter, product_id: int, **different: object) -> int:
    return inserted(
        "catalog_option",
        **{
            "product_id": product_id, "code": "DEFAULT", "internal_name": "Standard",
            "is_default": True, "position": 0, "cancellation_cutoff_amount": 24,
            "cancellation_cutoff_unit": "hour", "allows_late_cancellation": False,
            "late_refund_percent": 0, "required_contact_fields": [], "min_units": 1,
            "max_units": None,
        }
        | different,
    )  # fmt: skip


def _unit(
    inserted: _Inserter, option_id: int, code: str, prices: Mapping[str, int], **different: object
) -> int:
    unit_id = inserted(
        "catalog_unit",
        **{
            "option_id": option_id, "code": code, "internal_name": code.capitalize(),
            "type": code.upper(), "position": 0, "min_age": 0, "max_age": 99,
            "id_required": False, "pax_count": 1, "accompanied_by": [],
            "required_contact_fields": [],
        }
        | different,
    )  # fmt: skip
    _prices(inserted, option_id, unit_id, prices)
    return unit_id


def _prices(
    inserted: _Inserter, option_id: int, unit_id: int | None, prices: Mapping[str, int]
) -> None:
    for currency, retail_minor in prices.items():
        inserted(
            "catalog_price", option_id=option_id, unit_id=unit_id, currency=currency,
            original_minor=retail_minor + 500, retail_minor=retail_minor,
        )  # fmt: skip


def _schedule(inserted: _Inserter, option_id: int, **different: object) -> None:
    inserted(
        "catalog_schedule",
        **{
            "option_id": option_id, "is_active": True, "weekdays": [1, 2, 3, 4, 5, 6, 7],
            "start_times": [], "duration_minutes": 120, "opening_hours": "[]",
            "capacity": 12, "max_units": None, "booking_cutoff_minutes": 60,
        }
        | different,
    )  # fmt: skip


def _kayak(inserted: _Inserter, partner_ids: Iterable[int]) -> OptionId:
    product_id = _product(inserted, "river-kayak", partner_ids)
    option_id = _option(
        inserted, product_id, max_units=8, required_contact_fields=["firstName", "lastName"]
    )
    _unit(inserted, option_id, "adult", {"EUR": 4500, "GBP": 3900}, min_age=15)
    _unit(
        inserted, option_id, "child", {"EUR": 2250, "GBP": 1950}, position=1, max_age=14,
        accompanied_by=["adult"], max_quantity=3,
    )  # fmt: skip
    _unit(inserted, option_id, "family", {"EUR": 12000, "GBP": 9900}, position=2, pax_count=4)
    _schedule(inserted, option_id, start_times=["09:30", "14:00"])
    return OptionId(option_id)


def _museum(inserted: _Inserter, partner_ids: Iterable[int]) -> OptionId:
    product_id = _product(
        inserted, "city-museum", partner_ids, availability_type="OPENING_HOURS",
        delivery_methods=["VOUCHER"],
    )  # fmt: skip
    option_id = _option(inserted, product_id)
    _unit(inserted, option_id, "adult", {"EUR": 1200, "GBP": 1000})
    hours = [{"from": "10:00", "to": "13:00"}, {"from": "14:00", "to": "18:00"}]
    _schedule(inserted, option_id, opening_hours=json.dumps(hours), capacity=200)
    return OptionId(option_id)


def _sail(inserted: _Inserter, partner_ids: Iterable[int]) -> OptionId:
    product_id = _product(
        inserted, "private-sail", partner_ids, instant_confirmation=False, pricing_per="BOOKING",
        default_currency="JPY", available_currencies=["JPY"],
        delivery_methods=["TICKET", "VOUCHER"],
    )  # fmt: skip
    option_id = _option(inserted, product_id)
    _unit(inserted, option_id, "adult", {})
    _prices(inserted, option_id, None, {"JPY": 60_000})
    _schedule(inserted, option_id, start_times=["10:00"], capacity=10)
    return OptionId(option_id)


def _open_ticket(inserted: _Inserter, partner_ids: Iterable[int]) -> OptionId:
    product_id = _product(
        inserted, "open-ticket", partner_ids, availability_required=False, allow_freesale=True
    )
    option_id = _option(inserted, product_id)
    _unit(inserted, option_id, "adult", {"EUR": 900, "GBP": 800})
    _schedule(inserted, option_id, start_times=["12:00"], capacity=None)
    return OptionId(option_id)


def _walk(inserted: _Inserter, partner_ids: Iterable[int]) -> OptionId:
    product_id = _product(inserted, "old-town-walk", partner_ids)
    option_id = _option(inserted, product_id)
    _unit(inserted, option_id, "adult", {"EUR": 1500, "GBP": 1300})
    _schedule(inserted, option_id, start_times=["11:00"])
    return OptionId(option_id)


async def _bring_to_life(
    owner_url: str, options: Iterable[OptionId], alpine: PartnerId, rival: PartnerId
) -> Keys:
    """Generate the departures and issue the keys, through the services that do it for staff."""
    now = datetime.now(UTC)
    opened = await Connection.connect(owner_url, **connection_arguments())
    async with opened, opened.transaction():
        await configure_connection(opened, Settings(database_url=owner_url))
        database = PsycopgDatabase(opened)
        slots = SqlAvailabilityStore(database, SqlCatalogStore(database))
        for option_id in options:
            await availability.generate_departures(option_id, now=now, store=slots)

        async def issue(partner_id: PartnerId, *scopes: Scope, is_test: bool = False) -> str:
            issued = await partners.issue_key(
                partner_id, label="web shop", is_test=is_test, expires_at=None, now=now,
                scopes=[scope.value for scope in scopes], store=SqlKeyStore(database),
            )  # fmt: skip
            return issued.secret

        return Keys(
            live=await issue(alpine, *Scope),
            test=await issue(alpine, *Scope, is_test=True),
            catalog_only=await issue(alpine, Scope.CATALOG_READ),
            readers=await issue(alpine, Scope.CATALOG_READ, Scope.BOOKINGS_READ),
            rival=await issue(rival, *Scope),
        )
