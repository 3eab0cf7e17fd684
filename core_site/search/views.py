"""The view of search results: the page, and the list below the search box while staff type."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from core_site.documents import unwrap_code
from core_site.search.found import FoundBooking, find_bookings, find_pages
from shared_domain.search import Search, parse_search

#: Bookings below the box while staff type, and on the page of results.
LISTED_AT_MOST, SHOWN_AT_MOST = 8, 50


def find(request: HttpRequest) -> HttpResponse:
    """Show the results for the parameter ``q``; with ``list=1`` the list without the page.

    A complete reference, code or id of one booking redirects to the booking's page.
    """
    is_list = "list" in request.GET
    typed = request.GET.get("q", "")
    wanted = parse_search(unwrap_code(typed))
    most = LISTED_AT_MOST if is_list else SHOWN_AT_MOST
    may_see_bookings = request.user.has_perm("bookings.view_booking")
    found: list[FoundBooking] = []
    if wanted is not None and may_see_bookings:
        # One more tells that there are more.
        found = find_bookings(request, wanted, most=most + 1)
    if not is_list and wanted is not None and _names_one(wanted, found):
        return HttpResponseRedirect(found[0].url)
    context = {
        "typed": typed,
        "is_list": is_list,
        "is_too_short": wanted is None,
        "bookings": found[:most],
        "has_more": len(found) > most,
        "pages": list(find_pages(request, wanted)) if wanted is not None else [],
        "may_see_bookings": may_see_bookings,
        "by_guest": request.user.has_perm("bookings.view_personal_data"),
        "list_url": f"{reverse('admin:bookings_booking_changelist')}?{urlencode({'q': typed})}",
    }
    if is_list:
        return render(request, "search/list.html", context)
    title = f"Search: {typed.strip()}" if typed.strip() else "Search"
    page = {**admin.site.each_context(request), "title": title, "search_typed": typed} | context
    return render(request, "search/page.html", page)


def _names_one(wanted: Search, found: list[FoundBooking]) -> bool:
    """Return whether the search names the only booking that it found."""
    return len(found) == 1 and (wanted.is_whole or wanted.uuid is not None)
