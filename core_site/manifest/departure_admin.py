"""The manifest on a departure's page in the admin: its polls, its buttons, its CSV and PDF files.

The page works without JavaScript. With it, ``manifest/live.js`` polls the manifest every second or
two, and gets 304 until something has changed. Each poll is answered at once (no long polling), so
that an open page holds no database connection.
"""

import re
from functools import partial
from typing import Any

import segno
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response

from core_site import stores
from core_site.admin_kit.change_pages.context import PageContextMixin
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_moment
from core_site.disruptions.disrupted import describe_disruption
from core_site.exports.models import Export
from core_site.exports.tables import record_download
from core_site.guide.links import expires_at, make_link
from core_site.manifest.actions import SAID, Order
from core_site.manifest.as_csv import csv_response
from core_site.manifest.as_pdf import manifest_pdf
from core_site.manifest.page import ManifestPage, Viewer, make_etag
from core_site.personal_data import may_see_personal_data
from core_site.resources.models import Resource
from core_site.staff_messages import staff_message
from core_site.transactions import in_one_transaction
from core_site.weather.of_departures import load_weather
from shared_domain import manifest, payments
from shared_domain.availability import DepartureId
from shared_domain.manifest import GuestParty
from shared_domain.refusals import Refused
from shared_domain.resources import ResourceKind
from shared_domain.run_now import run_now

#: The request header by which ``live.js`` fetches the manifest without the page around it.
PART_HEADER = "X-Manifest"


def load_page(departure: Departure, viewer: Viewer, *, url: str, number: int) -> ManifestPage:
    """Return a departure's manifest as of now; its buttons and polls are sent to ``url``."""
    departure_id, store, now = DepartureId(departure.pk), stores.manifest(), timezone.now()
    # The revision first: a change in between is then fetched by the next poll, and never missed.
    revision = run_now(manifest.get_revision(departure_id, now=now, store=store))
    loaded = run_now(manifest.load_manifest(departure_id, now=now, store=store))
    ids = [party.id for party in loaded.parties]
    return ManifestPage(
        departure=departure,
        manifest=loaded,
        balances=run_now(payments.balances(ids, now=now, store=stores.payments())),
        viewer=viewer,
        now=now,
        etag=make_etag(revision, departure, viewer, number=number, now=now),
        url=f"{url}?parties={number}",
        number=number,
        disruption=describe_disruption(departure),
    )


def answer_poll(
    request: HttpRequest,
    departure: Departure,
    viewer: Viewer,
    *,
    template: str,
    refusal: str = "",
    is_form: bool = True,
) -> HttpResponse:
    """Return the manifest without the page around it, or 304 if it has the reader's entity tag.

    With ``is_form`` it has Django's CSRF token, whose cookie the response sets.
    """
    number = page_number(request)
    if request.method == "GET":
        now = timezone.now()
        revision = run_now(
            manifest.get_revision(DepartureId(departure.pk), now=now, store=stores.manifest())
        )
        etag = make_etag(revision, departure, viewer, number=number, now=now)
        unchanged = get_conditional_response(request, etag=etag)
        if unchanged is not None:
            return unchanged
    page = load_page(departure, viewer, url=request.path, number=number)
    context = {"page": page, "refusal": refusal} | ({} if is_form else {"csrf_token": ""})
    body = render_to_string(template, context, request if is_form else None)
    return HttpResponse(body, headers={"ETag": page.etag})


def page_number(request: HttpRequest) -> int:
    """Return the number of the page of parties in the query string, 1 if it is malformed."""
    asked = request.GET.get("parties", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 1


class ManifestOfDeparture(PageContextMixin):
    """Mixin of ``DepartureAdmin``: the manifest on its page, for staff who may see bookings."""

    change_form_outer_before_template = "manifest/departure.html"

    def get_urls(self) -> list[URLPattern]:
        views = {
            "manifest": self.manifest_view,
            "manifest.csv": self.manifest_csv,
            "manifest.pdf": self.manifest_pdf,
            "guide-link": self.guide_link_view,
        }
        return [
            path(
                f"<int:departure_id>/{name}",
                self.admin_site.admin_view(view),
                name=f"catalog_departure_{re.sub(r'[.-]', '_', name)}",
            )
            for name, view in views.items()
        ] + super().get_urls()

    def extend_page(
        self, request: HttpRequest, departure: Departure, context: dict[str, Any]
    ) -> None:
        super().extend_page(request, departure, context)
        context["weather"] = load_weather([departure], now=timezone.now()).get(departure.pk)
        if request.user.has_perm("bookings.view_booking"):
            context["page"] = load_page(
                departure,
                _viewer(request),
                url=reverse("admin:catalog_departure_manifest", args=[departure.pk]),
                number=page_number(request),
            )

    def manifest_view(self, request: HttpRequest, departure_id: int) -> HttpResponse:
        """Answer a poll (GET), or carry out a button of the manifest (POST)."""
        departure = self._departure(request, departure_id)
        viewer = _viewer(request)
        if request.method != "POST":
            return answer_poll(request, departure, viewer, template="manifest/live.html")
        if not viewer.may_act:
            raise PermissionDenied
        refusal, said = "", ""
        try:
            order = Order.parse(request.POST.get("do", ""))
            note = partial(self._note, request, SAID[order.do])
            order.carry_out(DepartureId(departure.pk), by=request.user.get_username(), noting=note)
            said = SAID[order.do]
        except Refused as problem:
            refusal = f"{staff_message(problem).text}."
        if PART_HEADER in request.headers:
            return answer_poll(
                request, departure, viewer, template="manifest/live.html", refusal=refusal
            )
        messages.error(request, refusal) if refusal else messages.success(request, said)
        page = reverse("admin:catalog_departure_change", args=[departure.pk])
        return HttpResponseRedirect(f"{page}?parties={page_number(request)}#manifest")

    def manifest_csv(self, request: HttpRequest, departure_id: int) -> HttpResponse:
        return csv_response(self._page_of_file(request, departure_id, Export.Kind.CSV))

    def manifest_pdf(self, request: HttpRequest, departure_id: int) -> HttpResponse:
        return manifest_pdf(self._page_of_file(request, departure_id, Export.Kind.PDF))

    def guide_link_view(self, request: HttpRequest, departure_id: int) -> HttpResponse:
        """Show the link to the guide's view, also as a QR code; POST revokes all links."""
        departure = self._departure(request, departure_id)
        if not may_send_links(request):
            raise PermissionDenied
        page = reverse("admin:catalog_departure_guide_link", args=[departure.pk])
        if request.method == "POST":
            self._revoke_links(request, departure)
            return HttpResponseRedirect(page)
        return render(request, "manifest/guide_link.html", self._link_context(request, departure))

    def _revoke_links(self, request: HttpRequest, departure: Departure) -> None:
        def revoke() -> None:
            departure_id = DepartureId(departure.pk)
            run_now(manifest.revoke_links(departure_id, store=stores.manifest()))
            self.log_change(request, departure, "Links to the guide's view made invalid.")

        try:
            in_one_transaction(revoke)
        except Refused as refusal:
            messages.error(request, f"{staff_message(refusal).text}.")
        else:
            messages.success(request, "All links from before are invalid; below is a new one.")

    def _link_context(self, request: HttpRequest, departure: Departure) -> dict[str, Any]:
        link, time_zone = make_link(departure), departure.option.product.time_zone
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Guide's link",
            "object": departure,
            "departure": departure,
            "link": link,
            "qr_code": segno.make_qr(link).svg_data_uri(scale=6, border=2, light="#fff"),
            "guides": _find_guides(request, departure),
            "valid_until": format_moment(expires_at(departure), time_zone),
            "back_url": reverse("admin:catalog_departure_change", args=[departure.pk]),
        }

    def _page_of_file(
        self, request: HttpRequest, departure_id: int, kind: Export.Kind
    ) -> ManifestPage:
        departure, viewer = self._departure(request, departure_id), _viewer(request)
        page = load_page(departure, viewer, url=request.path, number=1)
        self.log_change(request, departure, f"Manifest downloaded as {kind.label}.")
        record_download(
            request,
            kind,
            name="Manifest",
            rows=sum(len(row.guests) for row in page.all_rows),
            with_personal_data=viewer.sees_guests,
            filters={"departure": str(departure.pk)},
        )
        return page

    def _departure(self, request: HttpRequest, departure_id: int) -> Departure:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not request.user.has_perm("bookings.view_booking"):
            raise PermissionDenied
        rows = Departure.objects.select_related("option__product")
        departure = rows.filter(pk=departure_id).first() if departure_id < 2**63 else None
        if departure is None:
            raise Http404
        return departure

    def _note(self, request: HttpRequest, said: str, party: GuestParty) -> None:
        self.log_change(request, Booking(pk=party.id, supplier_reference=party.reference), said)


def may_send_links(request: HttpRequest) -> bool:
    """Return whether the staff user may send guides the link to a manifest that they see too."""
    viewer = _viewer(request)
    sees_manifests = request.user.has_perm("bookings.view_booking")
    return sees_manifests and viewer.may_act and viewer.sees_guests


def _find_guides(request: HttpRequest, departure: Departure) -> QuerySet[Resource]:
    """Return the guides of a departure whom the staff user may write to; all have a telephone."""
    if not request.user.has_perm("resources.view_resource"):
        return Resource.objects.none()
    guides = Resource.objects.filter(
        kind=ResourceKind.GUIDE.value, assignments__departure=departure.pk
    )
    return guides.exclude(telephone="").order_by("name")


def _viewer(request: HttpRequest) -> Viewer:
    return Viewer(
        sees_guests=may_see_personal_data(request),
        may_act=request.user.has_perm("bookings.change_booking"),
    )
