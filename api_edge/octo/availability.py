"""Endpoints of availability: the calendar by day, and the slots that can be booked."""

from fastapi import Response

from api_edge.auth.authentication import CallerWithCatalogRead
from api_edge.http.answer_memory import AnswerMemory
from api_edge.http.answer_structs import encode
from api_edge.octo import render_availability, to_domain
from api_edge.octo.answers import octo_answer, octo_json
from api_edge.octo.capabilities import Capabilities
from api_edge.octo.route import octo_router
from api_edge.octo.schemas.availability import (
    Availability,
    AvailabilityRequest,
    CalendarDay,
    CalendarRequest,
)
from api_edge.octo.schemas.errors import error_responses
from api_edge.wiring import ReadAvailability, current_time
from shared_domain import availability
from shared_domain.availability import (
    AvailabilityQuery,
    CalendarVersion,
    DateRangeProblem,
    InvalidDateRange,
)
from shared_domain.catalog import CurrencyNotOffered, OptionNotFound, ProductNotFound, UnitNotFound
from shared_domain.partners import Access, Scope

router = octo_router("Availability")

#: The calendars that this process has encoded, by caller and query; a year takes up to 260 kB.
CALENDARS: AnswerMemory[tuple[Access, AvailabilityQuery, bool], CalendarVersion, bytes] = (
    AnswerMemory(most_bytes=16 * 1024 * 1024)
)

#: Calendars of larger parties are made anew: one of 100 entries takes 16 kB for its key alone.
MOST_REMEMBERED_ENTRIES = 10

REFUSALS = (
    ProductNotFound("river-canoe"),
    OptionNotFound("EVENING"),
    UnitNotFound("dog", party_entry=0),
    CurrencyNotOffered("USD", offered=("EUR", "GBP")),
    InvalidDateRange(DateRangeProblem.TOO_LONG),
)


@router.post(
    "/availability/calendar",
    summary="Which days are open",
    response_model=list[CalendarDay],
    responses=error_responses(
        *REFUSALS, scope=Scope.CATALOG_READ, bad_request="localDateStart must be a date that exists"
    ),
)
async def show_calendar(
    request: CalendarRequest,
    caller: CallerWithCatalogRead,
    capabilities: Capabilities,
    store: ReadAvailability,
) -> Response:
    """Return every local date of the range exactly once, in order, summed up over its slots."""
    query = to_domain.calendar_query(request, with_pricing=capabilities.pricing)
    access, now = caller.access, current_time()
    key = (access, query, capabilities.pricing)
    if key in CALENDARS:
        version = await availability.find_calendar_version(
            query, access=access, now=now, store=store
        )
        if (content := CALENDARS.get(key, version)) is not None:
            return octo_json(content, capabilities)
    found = await availability.find_days(query, access=access, now=now, store=store)
    content = encode(render_availability.days(found, with_pricing=capabilities.pricing))
    if len(query.party or ()) <= MOST_REMEMBERED_ENTRIES:
        CALENDARS.remember(key, found.version, content)
    return octo_json(content, capabilities)


@router.post(
    "/availability",
    summary="Which slots can be booked",
    response_model=list[Availability],
    responses=error_responses(
        *REFUSALS,
        scope=Scope.CATALOG_READ,
        bad_request="units[0].quantity must be at least 1",
    ),
)
async def check_availability(
    request: AvailabilityRequest,
    caller: CallerWithCatalogRead,
    capabilities: Capabilities,
    store: ReadAvailability,
) -> Response:
    """Return the slots of a date, of a range of dates, or of the given ids, in order of time.

    Sold-out and closed slots are returned too. With `units`, a slot that cannot take the whole
    party is SOLD_OUT; its `vacancies` keep the real figure. Without `units`, a slot is available
    when the smallest party that the option sells to can reserve it. Where nothing is priced for
    the date, it is CLOSED.
    """
    found = await availability.find_slots(
        to_domain.availability_query(request, with_pricing=capabilities.pricing),
        access=caller.access,
        now=current_time(),
        store=store,
    )
    shown = render_availability.slots(found, with_pricing=capabilities.pricing)
    return octo_answer(shown, capabilities)
