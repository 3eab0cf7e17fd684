"""Bookings as lines of NDJSON and CSV, and the line at the end."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from api_edge.octo.render_availability import utc_moment
from api_edge.v1.booking_export.schemas import EndOfExport, ExportedBooking
from shared_domain import booking_export, spreadsheets
from shared_domain.money import currency_precision

NDJSON = "application/x-ndjson"
CSV = "text/csv"


class Lines(Protocol):
    """A format of exports: the bytes of the beginning, of bookings, and of the end."""

    media_type: str

    def begin(self) -> bytes: ...

    def bookings(self, bookings: Iterable[booking_export.ExportedBooking]) -> bytes: ...

    def end(self, end: EndOfExport) -> bytes: ...


class NdjsonLines:
    """One JSON object on each line; the last one is ``EndOfExport``."""

    media_type = NDJSON

    def begin(self) -> bytes:
        return b""

    def bookings(self, bookings: Iterable[booking_export.ExportedBooking]) -> bytes:
        return "".join(f"{_line(booking).model_dump_json()}\n" for booking in bookings).encode()

    def end(self, end: EndOfExport) -> bytes:
        return f"{end.model_dump_json()}\n".encode()


class CsvLines:
    """A header line, a line for each booking, and a last line that begins with ``#``."""

    media_type = f"{CSV}; charset=utf-8"

    def begin(self) -> bytes:
        titles = [field.alias for field in ExportedBooking.model_fields.values()]
        return _csv([titles]).encode(spreadsheets.ENCODING)

    def bookings(self, bookings: Iterable[booking_export.ExportedBooking]) -> bytes:
        return _csv(map(_cells, map(_line, bookings))).encode()

    def end(self, end: EndOfExport) -> bytes:
        says = "complete" if end.is_complete else f"not complete, go on with after={end.after}"
        return _csv([[f"# {end.bookings} bookings, {says}"]]).encode()


def _line(booking: booking_export.ExportedBooking) -> ExportedBooking:
    contact = booking.contact
    return ExportedBooking(
        uuid=str(booking.uuid),
        test_mode=booking.test_mode,
        reseller_reference=booking.reseller_reference,
        supplier_reference=booking.supplier_reference,
        status=booking.status,
        utc_created_at=utc_moment(booking.created_at),
        utc_updated_at=utc_moment(booking.updated_at),
        utc_expires_at=_moment_or_none(booking.hold_ends_at),
        utc_confirmed_at=_moment_or_none(booking.confirmed_at),
        utc_redeemed_at=_moment_or_none(booking.redeemed_at),
        utc_cancelled_at=_moment_or_none(booking.cancelled_at),
        refund=booking.cancellation_refund,
        cancellation_reason=booking.cancellation_reason,
        product_id=booking.product_code,
        option_id=booking.option_code,
        availability_id=booking.availability_id,
        local_date=booking.local_date.isoformat() if booking.local_date else None,
        unit_ids=list(booking.unit_codes),
        full_name=contact.name,
        email_address=contact.email_address,
        phone_number=contact.phone_number,
        country=contact.country,
        notes=booking.notes,
        pickup_hotel=booking.pickup_hotel,
        pickup_time=booking.pickup_time,
        currency=booking.currency,
        currency_precision=currency_precision(booking.currency),
        original=booking.original_minor,
        retail=booking.retail_minor,
        net=booking.net_minor,
        refund_retail=booking.refund_retail_minor,
        refund_net=booking.refund_net_minor,
        user_id=None if booking.user_id is None else str(booking.user_id),
    )


def _moment_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else utc_moment(moment)


def _cells(line: ExportedBooking) -> Iterable[object]:
    values: Mapping[str, Any] = dict(line)
    return map(_cell, values.values())


def _cell(value: object) -> object:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            value = " ".join(value)
        case Enum():
            return value.value
    return spreadsheets.escape_formula(value)


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
