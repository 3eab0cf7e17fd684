"""Buttons that open a booking's tickets or voucher as a PDF."""

from datetime import datetime
from typing import Protocol

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core_site.bookings.admin_actions import BookingActions, booking_action
from core_site.bookings.changes.subject import Subject
from core_site.bookings.printing.tickets import build_tickets, build_voucher
from core_site.documents import Document, pdf_response
from shared_domain.bookings import Booking, BookingStatus


class _Build(Protocol):
    def __call__(self, booking: Booking, *, shows_guest: bool, now: datetime) -> Document: ...


class PrintingActions(BookingActions):
    """Mixin of ``BookingAdmin``: print tickets, print the voucher."""

    @booking_action(description="Print tickets", icon="print")
    def print_tickets(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        return self._print(request, subject, build_tickets, "tickets")

    @booking_action(description="Print voucher", icon="receipt_long")
    def print_voucher(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        return self._print(request, subject, build_voucher, "voucher")

    def _print(
        self, request: HttpRequest, subject: Subject, build: _Build, name: str
    ) -> HttpResponse:
        if subject.booking.status is BookingStatus.CONFIRMED:
            try:
                document = build(subject.booking, shows_guest=subject.shows_guest, now=subject.now)
            except ValueError:
                pass
            else:
                return pdf_response(document, f"{name}-{subject.row.supplier_reference}")
        messages.error(request, f"{subject.row}: there is no valid {name.rstrip('s')} to print.")
        return HttpResponseRedirect(subject.page)
