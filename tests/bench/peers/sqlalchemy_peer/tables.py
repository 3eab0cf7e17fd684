"""The same tables, as SQLAlchemy's guide "ORM quick start" declares them.

Columns that no answer needs are left out. Collections are named as ``rules`` wants them.
"""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, ForeignKey, String, Text, Time
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from tests.bench.peers.booking_texts import STORED_TEXTS


class Base(DeclarativeBase):
    type_annotation_map = {
        int: BigInteger,
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
        list[time]: ARRAY(Time),
        list[Any]: JSONB,
        dict[str, Any]: JSONB,
    }


class Partner(Base):
    __tablename__ = "partners_partner"

    id: Mapped[int] = mapped_column(primary_key=True)
    is_active: Mapped[bool]
    max_hold_minutes: Mapped[int]


class ApiKey(Base):
    __tablename__ = "partners_apikey"

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners_partner.id"))
    digest: Mapped[bytes]
    is_test: Mapped[bool]
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    partner: Mapped[Partner] = relationship()


class Price(Base):
    __tablename__ = "catalog_price"

    id: Mapped[int] = mapped_column(primary_key=True)
    option_id: Mapped[int] = mapped_column(ForeignKey("catalog_option.id"))
    unit_id: Mapped[int | None]
    currency: Mapped[str]
    original_minor: Mapped[int]
    retail_minor: Mapped[int]
    season_start: Mapped[date | None]
    season_end: Mapped[date | None]


class Unit(Base):
    __tablename__ = "catalog_unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    option_id: Mapped[int] = mapped_column(ForeignKey("catalog_option.id"))
    code: Mapped[str]
    internal_name: Mapped[str]
    reference: Mapped[str | None]
    position: Mapped[int]
    type: Mapped[str]
    min_age: Mapped[int]
    max_age: Mapped[int]
    id_required: Mapped[bool]
    min_quantity: Mapped[int | None]
    max_quantity: Mapped[int | None]
    pax_count: Mapped[int]
    accompanied_by: Mapped[list[str]]
    required_contact_fields: Mapped[list[str]]


class Schedule(Base):
    __tablename__ = "catalog_schedule"

    id: Mapped[int] = mapped_column(primary_key=True)
    option_id: Mapped[int] = mapped_column(ForeignKey("catalog_option.id"))
    is_active: Mapped[bool]
    start_times: Mapped[list[time]]
    season_end: Mapped[date | None]


class Option(Base):
    __tablename__ = "catalog_option"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("catalog_product.id"))
    code: Mapped[str]
    internal_name: Mapped[str]
    reference: Mapped[str | None]
    is_default: Mapped[bool]
    position: Mapped[int]
    cancellation_cutoff_amount: Mapped[int]
    cancellation_cutoff_unit: Mapped[str]
    required_contact_fields: Mapped[list[str]]
    min_units: Mapped[int]
    max_units: Mapped[int | None]
    unit_list: Mapped[list[Unit]] = relationship(order_by=(Unit.position, Unit.id))
    price_list: Mapped[list[Price]] = relationship(order_by=Price.id)
    schedule_list: Mapped[list[Schedule]] = relationship()


class Product(Base):
    __tablename__ = "catalog_product"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    internal_name: Mapped[str]
    reference: Mapped[str | None]
    is_active: Mapped[bool]
    locale: Mapped[str]
    time_zone: Mapped[str]
    allow_freesale: Mapped[bool]
    instant_confirmation: Mapped[bool]
    instant_delivery: Mapped[bool]
    availability_required: Mapped[bool]
    availability_type: Mapped[str]
    delivery_formats: Mapped[list[str]]
    delivery_methods: Mapped[list[str]]
    redemption_method: Mapped[str]
    pricing_per: Mapped[str]
    default_currency: Mapped[str]
    available_currencies: Mapped[list[str]]
    tax_name: Mapped[str]
    tax_basis_points: Mapped[int]
    option_list: Mapped[list[Option]] = relationship(order_by=(Option.position, Option.id))


class PartnerTerms(Base):
    __tablename__ = "catalog_partnerterms"

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners_partner.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("catalog_product.id"))
    commission_basis_points: Mapped[int]


class Departure(Base):
    __tablename__ = "catalog_departure"

    id: Mapped[int] = mapped_column(primary_key=True)
    option_id: Mapped[int] = mapped_column(ForeignKey("catalog_option.id"))
    availability_id: Mapped[str]
    local_date: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    cutoffs_count_from: Mapped[datetime]
    booking_cutoff_at: Mapped[datetime]
    opening_hours: Mapped[list[Any]]
    capacity: Mapped[int | None]
    max_units: Mapped[int | None]
    reserved: Mapped[int]
    is_open: Mapped[bool]


class Priced:
    """The columns of a price that was frozen when it was booked."""

    original_minor: Mapped[int | None]
    retail_minor: Mapped[int | None]
    net_minor: Mapped[int | None]
    taxes: Mapped[list[Any]] = mapped_column(default=list)


class UnitItem(Priced, Base):
    __tablename__ = "bookings_unititem"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings_booking.id"))
    uuid: Mapped[UUID]
    position: Mapped[int]
    unit_id: Mapped[int]
    reseller_reference: Mapped[str | None]
    supplier_reference: Mapped[str]
    redeemed_at: Mapped[datetime | None]
    ticket_code: Mapped[str | None]
    contact: Mapped[dict[str, Any]] = mapped_column(default=dict)
    booking: Mapped["Booking"] = relationship(back_populates="item_list")


class Booking(Priced, Base):
    __tablename__ = "bookings_booking"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID]
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners_partner.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("catalog_product.id"))
    option_id: Mapped[int]
    departure_id: Mapped[int | None] = mapped_column(ForeignKey("catalog_departure.id"))
    test_mode: Mapped[bool]
    status: Mapped[str]
    supplier_reference: Mapped[str]
    reseller_reference: Mapped[str | None]
    reservation_fingerprint: Mapped[bytes] = mapped_column(deferred=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    hold_expires_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    redeemed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancellation_refund: Mapped[str | None]
    cancellation_reason: Mapped[str | None]
    contact: Mapped[dict[str, Any]]
    notes: Mapped[str | None]
    user_id: Mapped[UUID | None]
    email_receipt: Mapped[bool]
    voucher_code: Mapped[str | None]
    places: Mapped[int]
    currency: Mapped[str]
    product: Mapped[Product] = relationship()
    departure: Mapped[Departure | None] = relationship()
    item_list: Mapped[list[UnitItem]] = relationship(
        order_by=UnitItem.position, back_populates="booking"
    )


for _name in STORED_TEXTS:
    setattr(Booking, _name, mapped_column(String, nullable=True))


class Event(Base):
    __tablename__ = "events_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int]
    test_mode: Mapped[bool]
    type: Mapped[str]
    booking_uuid: Mapped[UUID]
    data: Mapped[dict[str, Any]]


class IdempotencyRecord(Base):
    __tablename__ = "idempotency_record"

    id: Mapped[UUID] = mapped_column(primary_key=True)
