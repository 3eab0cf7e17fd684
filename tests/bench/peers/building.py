"""From a mapper's objects to answers, one constructor call each.

``make`` holds the classes of the answers: msgspec's for django-bolt, Pydantic's for FastAPI.
Both are called with the same words, so the fastest way that either framework knows (build the
answer, do not convert it) is written once.
"""

from datetime import datetime
from typing import Any

from tests.bench.peers import rules
from tests.bench.peers.booking_texts import STORED_TEXTS


def booking(make: Any, row: Any, *, now: datetime) -> Any:
    product = _product(make, row.product)
    option = next(option for option in product.options if option.id == row.option.code)
    units = {unit.id: unit for unit in option.units}
    status = rules.status_of(row, now)
    methods = row.product.delivery_methods
    return make.Booking(
        id=str(row.uuid),
        uuid=str(row.uuid),
        test_mode=row.test_mode,
        reseller_reference=row.reseller_reference,
        supplier_reference=row.supplier_reference,
        status=status,
        utc_created_at=rules.utc(row.created_at),
        utc_updated_at=rules.utc(row.updated_at),
        utc_expires_at=rules.utc(rules.hold_ends_at(row)),
        utc_confirmed_at=rules.utc(row.confirmed_at),
        utc_redeemed_at=rules.utc(row.redeemed_at),
        product_id=product.id,
        product=product,
        option_id=option.id,
        option=option,
        cancellable=rules.is_cancellable(row, now),
        cancellation=_cancellation(make, row),
        freesale=row.departure is None,
        availability_id=row.departure and row.departure.availability_id,
        availability=_availability(make, row, now),
        contact=_contact(make, row.contact),
        notes=row.notes,
        **{name: getattr(row, name) for name in STORED_TEXTS},
        user_id=None if row.user_id is None else str(row.user_id),
        delivery_methods=methods,
        voucher=_ticket(make, row, row.voucher_code, row.redeemed_at, now)
        if "VOUCHER" in methods
        else None,
        unit_items=[
            make.UnitItem(
                uuid=str(item.uuid),
                unit_id=item.unit.code,
                unit=units[item.unit.code],
                status="REDEEMED" if item.redeemed_at else status,
                utc_redeemed_at=rules.utc(item.redeemed_at),
                reseller_reference=item.reseller_reference,
                supplier_reference=item.supplier_reference,
                contact=_contact(make, item.contact),
                ticket=_ticket(make, row, item.ticket_code, item.redeemed_at, now)
                if "TICKET" in methods
                else None,
                **({} if item.retail_minor is None else {"pricing": _stored(make, item)}),
            )
            for item in row.item_list
        ],
        pricing=_stored(make, row),
    )


def days(make: Any, found: list[rules.Day]) -> list[Any]:
    return [
        make.CalendarDay(
            local_date=day.local_date.isoformat(),
            available=day.status in rules.AVAILABLE,
            status=day.status,
            vacancies=day.vacancies,
            capacity=day.capacity,
            opening_hours=day.opening_hours,
            **_day_prices(make, day),
        )
        for day in found
    ]


def _day_prices(make: Any, day: rules.Day) -> dict[str, Any]:
    if day.unit_pricing_from is not None:
        priced = [
            make.UnitPricing(unit_id=price.unit_id, **_amounts(make, price))
            for price in day.unit_pricing_from
        ]
        return {"unit_pricing_from": priced}
    return {} if day.pricing_from is None else {"pricing_from": _pricing(make, day.pricing_from)}


def _product(make: Any, row: Any) -> Any:
    return make.Product(
        id=row.code,
        internal_name=row.internal_name,
        reference=row.reference,
        locale=row.locale,
        time_zone=row.time_zone,
        allow_freesale=row.allow_freesale,
        instant_confirmation=row.instant_confirmation,
        instant_delivery=row.instant_delivery,
        availability_required=row.availability_required,
        availability_type=row.availability_type,
        delivery_formats=row.delivery_formats,
        delivery_methods=row.delivery_methods,
        redemption_method=row.redemption_method,
        options=[_option(make, option) for option in row.option_list],
        default_currency=row.default_currency,
        available_currencies=row.available_currencies,
        pricing_per=row.pricing_per,
    )


def _option(make: Any, row: Any) -> Any:
    return make.Option(
        id=row.code,
        default=row.is_default,
        internal_name=row.internal_name,
        reference=row.reference,
        availability_local_start_times=row.local_start_times,
        cancellation_cutoff=rules.cutoff_in_words(row),
        cancellation_cutoff_amount=row.cancellation_cutoff_amount,
        cancellation_cutoff_unit=row.cancellation_cutoff_unit,
        required_contact_fields=row.required_contact_fields,
        restrictions=make.OptionRestrictions(min_units=row.min_units, max_units=row.max_units),
        units=[_unit(make, unit) for unit in row.unit_list],
        **_lowest(make, row),
    )


def _unit(make: Any, row: Any) -> Any:
    return make.Unit(
        id=row.code,
        internal_name=row.internal_name,
        reference=row.reference,
        type=row.type,
        restrictions=make.UnitRestrictions(
            min_age=row.min_age,
            max_age=row.max_age,
            id_required=row.id_required,
            min_quantity=row.min_quantity,
            max_quantity=row.max_quantity,
            pax_count=row.pax_count,
            accompanied_by=row.accompanied_by,
        ),
        required_contact_fields=row.required_contact_fields,
        **_lowest(make, row),
    )


def _lowest(make: Any, row: Any) -> dict[str, Any]:
    if row.lowest is None:
        return {}
    return {"pricing": [_pricing(make, price) for price in row.lowest]}


def _stored(make: Any, row: Any) -> Any:
    return _pricing(make, rules.stored_amounts(row))


def _pricing(make: Any, amounts: rules.Amounts) -> Any:
    return make.Pricing(**_amounts(make, amounts))


def _amounts(make: Any, it: rules.Amounts | rules.UnitAmounts) -> dict[str, Any]:
    return {
        "original": it.original,
        "retail": it.retail,
        "net": it.net,
        "currency": it.currency,
        "currency_precision": it.currency_precision,
        "included_taxes": [
            make.Tax(name=tax.name, original=tax.original, retail=tax.retail, net=tax.net)
            for tax in it.included_taxes
        ],
    }


def _cancellation(make: Any, row: Any) -> Any:
    if row.cancelled_at is None:
        return None
    return make.Cancellation(
        refund=row.cancellation_refund,
        reason=row.cancellation_reason,
        utc_cancelled_at=rules.utc(row.cancelled_at),
    )


def _availability(make: Any, row: Any, now: datetime) -> Any:
    departure = row.departure
    if departure is None:
        return None
    status = rules.slot_status(departure, row.option, now)
    return make.Availability(
        id=departure.availability_id,
        local_date_time_start=rules.local(departure.starts_at, row.product),
        local_date_time_end=rules.local(departure.ends_at, row.product),
        all_day=row.product.availability_type == "OPENING_HOURS",
        available=status in rules.AVAILABLE,
        status=status,
        vacancies=rules.vacancies(departure),
        capacity=departure.capacity,
        max_units=rules.most_units(row.option, departure),
        utc_cutoff_at=rules.utc(departure.booking_cutoff_at),
        opening_hours=departure.opening_hours,
    )


def _contact(make: Any, stored: dict[str, Any]) -> Any:
    return make.Contact(
        full_name=rules.full_name(stored),
        first_name=stored.get("firstName"),
        last_name=stored.get("lastName"),
        email_address=stored.get("emailAddress"),
        phone_number=stored.get("phoneNumber"),
        postal_code=stored.get("postalCode"),
        country=stored.get("country"),
        locales=stored.get("locales", []),
        notes=stored.get("notes"),
    )


def _ticket(make: Any, row: Any, code: str | None, redeemed_at: Any, now: datetime) -> Any:
    admits = code is not None and rules.tickets_admit(row, now)
    return make.Ticket(
        redemption_method=row.product.redemption_method,
        utc_redeemed_at=rules.utc(redeemed_at),
        delivery_options=[
            make.DeliveryOption(delivery_format=format_, delivery_value=code)
            for format_ in (row.product.delivery_formats if admits else ())
        ],
    )
