"""Buttons that open a booking's tickets or voucher as a PDF."""

from datetime import datetime
from typing import Protocol

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.decorators import action

from core_site.bookings.admin_actions import BookingActions
from core_site.bookings.printing.tickets import build_tickets, build_voucher
from core_site.documents import Document, pdf_response
from shared_domain.bookings import Booking, BookingStatus


class _Build(Protocol):
    def __call__(self, booking: Booking, *, shows_guest: bool, now: datetime) -> Document: ...


class PrintingActions(BookingActions):
    """Mixin of ``BookingAdmin``: print tickets, print the voucher."""

    @action(description="Print tickets", icon="print", permissions=["work"])
    def print_tickets(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._print(request, object_id, build_tickets, "tickets")

    @action(description="Print voucher", icon="receipt_long", permissions=["work"])
    def print_voucher(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._print(request, object_id, build_voucher, "voucher")

    def _print(
        self, request: HttpRequest, object_id: str, build: _Build, name: str
    ) -> HttpResponse:
        subject = self._subject(request, object_id)
        if subject is None:
            return self._gone(request, object_id)
        if subject.booking.status is BookingStatus.CONFIRMED:
            try:
                document = build(subject.booking, shows_guest=subject.shows_guest, now=subject.now)
            except ValueError:
                pass
            else:
                return pdf_response(document, f"{name}-{subject.row.supplier_reference}")
        messages.error(request, f"{subject.row}: there is no valid {name.rstrip('s')} to print.")
        return HttpResponseRedirect(subject.page)
