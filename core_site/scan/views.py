"""The pages ``/admin/scan/`` and ``/admin/scan/<code>/``, for staff who may change bookings."""

from collections.abc import Iterator
from functools import partial
from typing import cast
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core_site.admin_kit.submit_once import FIELD, AlreadySubmitted, refuse_repeat, submit_once
from core_site.bookings.models import Booking
from core_site.config.security_headers import permissions_policy
from core_site.personal_data import may_see_personal_data
from core_site.scan.codes import LONGEST_SCAN, find
from core_site.scan.verdicts import INSISTENCES, Gate, Verdict, describe_repeat

#: The request header by which ``scan.js`` fetches the verdict without the page around it.
PART_HEADER = "X-Scan"

#: Tickets of the largest booking.
_MOST_TICKETS = 1_000


@require_http_methods(["GET", "POST"])
def scan(request: HttpRequest, code: str = "") -> HttpResponse:
    """Show the scan page; POST answers a scan, and GET with a ``code`` only looks it up."""
    if not request.user.has_perm("bookings.change_booking"):
        raise PermissionDenied
    verdict = None
    if request.method == "POST":
        verdict = _answer(request)
        if PART_HEADER in request.headers:
            return render(request, "scan/verdict.html", {"verdict": verdict})
    elif code:
        verdict = _gate(request).look_up(code, find(code))
    context = {
        **admin.site.each_context(request),
        "title": "Scan",
        "verdict": verdict,
        "longest_scan": LONGEST_SCAN,
        "search_page": reverse("admin:bookings_booking_changelist"),
    }
    response = render(request, "scan/page.html", context)
    response.headers["Permissions-Policy"] = permissions_policy(camera="(self)")
    return response


def _answer(request: HttpRequest) -> Verdict:
    code = request.POST.get("code", "")
    found = find(code)
    gate = _gate(request)
    action = request.POST.get("do")
    if action not in ("undo", "redeem") and found is not None and found.is_by_reference:
        return gate.look_up(code, found)
    try:
        _refuse_repeat(request)
        if action == "undo":
            verdict = gate.undo(code, found, _tickets(request))
        else:
            insists = frozenset(request.POST.getlist("insist")) & INSISTENCES
            verdict = gate.redeem(code, found, insists)
        if verdict.look == "bad":
            # The script sends a scan again when no answer comes in time; one that waited for the
            # first to commit is refused for what that one did.
            _refuse_repeat(request)
    except AlreadySubmitted:
        return describe_repeat(found, is_undo=action == "undo")
    return verdict


def _refuse_repeat(request: HttpRequest) -> None:
    if request.POST.get(FIELD):
        refuse_repeat(request)


def _gate(request: HttpRequest) -> Gate:
    return Gate(may_see_personal_data(request), noting=partial(_note, request))


def _note(request: HttpRequest, row: Booking, said: str) -> None:
    """Write to the admin's log in the transaction of the change, which one submission makes once.

    Raises:
        AlreadySubmitted: the same scan was carried out meanwhile.
    """
    if request.POST.get(FIELD):
        submit_once(request).record(row.pk)
    author = cast(int, request.user.pk)
    LogEntry.objects.log_actions(author, [row], CHANGE, said, single_object=True)


def _tickets(request: HttpRequest) -> Iterator[UUID]:
    for text in request.POST.get("tickets", "").split(",")[:_MOST_TICKETS]:
        try:
            yield UUID(text)
        except ValueError:
            continue
