"""The endpoint of the export of bookings."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import Query, Request
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from api_edge.auth.authentication import CallerWithBookingsRead, authenticate_again
from api_edge.http.accepted_values import accepts, find_quality
from api_edge.postgresql.snapshot import read_snapshot
from api_edge.v1.booking_export.documentation import EXPORT_RESPONSES
from api_edge.v1.booking_export.lines import CSV, NDJSON, CsvLines, Lines, NdjsonLines
from api_edge.v1.booking_export.schemas import BookingExportQuery, EndOfExport, ExportedBooking
from api_edge.v1.booking_export.stream import (
    MOST_IDLE_SECONDS,
    ExportResponse,
    compress,
    export_chunks,
)
from api_edge.v1.route import v1_router
from api_edge.wiring import current_time
from shared_domain import booking_export
from shared_domain.booking_export.sql_store import SqlExportStore
from shared_domain.partners import Access, Scope

router = v1_router("Bookings")


class ExportsBusy(HTTPException):
    """All connections of exports are taken, or the partner has an export running already."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(status_code, message, {"Retry-After": "30"})


@router.get(
    "/bookings/export",
    summary="Export",
    response_model=ExportedBooking | EndOfExport,
    response_class=ExportResponse,
    status_code=200,
    responses=EXPORT_RESPONSES,
)
async def export_bookings(
    request: Request,
    query: Annotated[BookingExportQuery, Query()],
    caller: CallerWithBookingsRead,
) -> ExportResponse:
    """Send all your bookings, or those that match, as one long file: NDJSON or CSV.

    The earliest comes first, and all are as they were at one moment. The last line says whether
    the file is complete. If it is not, or never arrives, ask again with `after`, the `uuid` of the
    last booking that you have: what follows is as it is by then. Read later changes from
    `/octo/bookings` or webhooks, not from another export.

    A file takes ten minutes at most, and ends a minute after you stop reading, or when the key is
    revoked. One export at a
    time runs for you; a second is answered 429. `Accept-Encoding: gzip` makes it a tenth as long.
    CSV is made for spreadsheets: a text that looks like a formula has an apostrophe in front.
    """
    lines = _lines(query, request)
    chunks = _chunks(request, query, caller.access, lines)
    headers = {"Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store"}
    if isinstance(lines, CsvLines):
        headers["Content-Disposition"] = 'attachment; filename="bookings.csv"'
    if accepts(request, "accept-encoding", "gzip"):
        chunks, headers["Content-Encoding"] = compress(chunks), "gzip"
    return ExportResponse(chunks, media_type=lines.media_type, headers=headers)


async def _chunks(
    request: Request, query: BookingExportQuery, access: Access, lines: Lines
) -> AsyncGenerator[bytes, None]:
    state = request.app.state
    first_date, last_date = query.dates
    try:
        async with read_snapshot(
            state.export_pool,
            statement_seconds=state.settings.statement_seconds,
            idle_seconds=MOST_IDLE_SECONDS,
        ) as database:
            store = SqlExportStore(database)
            if not await store.try_lock(access):
                raise ExportsBusy(429, "an export of yours is running; try again when it has ended")
            parts = booking_export.export_bookings(
                booking_export.BookingFilter(
                    reseller_reference=query.reseller_reference,
                    supplier_reference=query.supplier_reference,
                    first_date=first_date,
                    last_date=last_date,
                    product_code=query.product_id,
                    option_code=query.option_id,
                ),
                access=access,
                after=query.after,
                now=current_time(),
                store=store,
            )
            chunks = export_chunks(
                _while_permitted(parts, request), lines, most_seconds=state.settings.export_seconds
            )
            async with aclosing(chunks):
                async for chunk in chunks:
                    yield chunk
    except PoolTimeout:
        raise ExportsBusy(503, "too many exports are running; try again in a minute") from None


async def _while_permitted(
    parts: AsyncIterator[list[booking_export.ExportedBooking]], request: Request
) -> AsyncGenerator[list[booking_export.ExportedBooking], None]:
    """Yield the parts as long as the key may read them.

    Raises:
        KeyRefused: after a part, it may not any more.
    """
    async for part in parts:
        yield part
        (await authenticate_again(request)).require(Scope.BOOKINGS_READ)


def _lines(query: BookingExportQuery, request: Request) -> Lines:
    """Return the format that is asked for by ``format``, else the one that ``Accept`` prefers."""
    if query.format is not None:
        return CsvLines() if query.format == "csv" else NdjsonLines()
    of_csv, of_ndjson = (find_quality(request, "accept", kind) for kind in (CSV, NDJSON))
    return CsvLines() if of_csv > of_ndjson else NdjsonLines()
