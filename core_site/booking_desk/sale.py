"""Make the booking of the desk's form, with its payment or exemption, and report it."""

from dataclasses import replace
from datetime import timedelta

from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.booking_desk.choices import Choices
from core_site.booking_desk.guest_form import HOLD_MINUTES, GuestForm
from core_site.booking_desk.offers import Offered
from core_site.booking_desk.page import has_other_price
from core_site.bookings.admin_columns import stands_until, travels_at
from core_site.bookings.hold_expiry import expires_at
from core_site.bookings.models import Booking
from core_site.partners.models import Partner
from core_site.payments.forms import say_overpaid
from core_site.payments.ledger_page import RECEIVE
from core_site.staff_messages import AdminRefused
from core_site.transactions import run_in_form
from shared_domain import booking_desk, bookings
from shared_domain.booking_desk import Sale
from shared_domain.bookings import Channel, ReservationRequest
from shared_domain.partners import PartnerKind
from shared_domain.payments import Payment
from shared_domain.run_now import run_now

OVERSELL = "bookings.oversell"

#: The values of the two buttons.
CONFIRM, HOLD = "confirm", "hold"


def sell(
    request: HttpRequest,
    form: GuestForm,
    choices: Choices,
    seller: Partner,
    offered: Offered | None,
) -> HttpResponse | None:
    """Make the booking and return a redirect to its page; None if the form has errors."""
    is_confirmed = request.POST.get("do") == CONFIRM
    if not form.is_valid():
        return None
    gone = _find_lost_choice(choices, seller, offered)
    if gone:
        form.add_error(None, gone)
        return None
    if offered is None or not choices.slot or offered.slot != choices.slot:
        form.add_error(None, "Choose what is booked first: a product, a day and a departure.")
        return None
    if is_confirmed and not form.check_complete():
        return None
    if has_other_price(offered, str(request.POST.get("shown") or "")):
        form.add_error(None, "The price has changed while this page was open: look at it again.")
        return None
    payment = _payment(request, form, seller, offered)
    if form.errors:
        return None
    sale = Sale(
        request=_request(form, choices, offered),
        channel=Channel(form.cleaned_data["channel"]),
        is_confirmed=is_confirmed,
        staff_user_id=_staff_user(request).pk,
        reason=_reason(request, form, offered),
        payment=payment,
    )
    now = timezone.now()

    def make() -> Booking:
        try:
            made = run_now(
                booking_desk.sell(sale, access=seller.live_access, now=now, store=stores.desk())
            )
        except bookings.UuidTaken:
            earlier = Booking.objects.get(uuid=choices.uuid, partner=seller, test_mode=False)
            raise AdminRefused(
                f"this page has made {earlier} before; press the button again to book once more"
            ) from None
        row = Booking.objects.select_related("product", "departure", "partner").get(
            uuid=made.booking.uuid, partner=seller, test_mode=False
        )
        if row.created_at == now:
            said = "Confirmed at the desk." if is_confirmed else "Put on hold at the desk."
            LogEntry.objects.log_actions(
                _staff_user(request).pk, [row], ADDITION, said, single_object=True
            )
        return row

    sold = run_in_form(form, make)
    if sold is None:
        return None
    if sold.created_at == now:
        _report(request, sold, payment, hold_minutes=int(form.cleaned_data["hold_minutes"] or 0))
    else:
        messages.warning(request, f"Nothing was booked now: this page has made {sold} before.")
        if payment is not None:
            messages.warning(request, "Look whether its payment is recorded.")
    if request.user.has_perm("bookings.view_booking"):
        return HttpResponseRedirect(reverse("admin:bookings_booking_change", args=[sold.pk]))
    return HttpResponseRedirect(reverse("booking_desk:desk"))


def _report(
    request: HttpRequest, sold: Booking, payment: Payment | None, *, hold_minutes: int
) -> None:
    """Show what was sold, and what is not as it was typed: a shorter hold, money beyond the price.

    ``hold_minutes`` is how long a hold was to last; 0 where nothing was chosen.
    """
    ends_at = expires_at(sold)
    said = "is confirmed" if ends_at is None else f"is on hold until {stands_until(sold)}"
    price = money(sold.retail_minor, sold.currency)
    paid = f", {money(payment.amount_minor, sold.currency)} paid" if payment else ""
    messages.success(request, f"{sold} {said}: {sold.product}, {travels_at(sold)}, {price}{paid}.")
    if ends_at is not None and ends_at < sold.created_at + timedelta(minutes=hold_minutes):
        chosen = dict(HOLD_MINUTES)[hold_minutes]
        messages.warning(
            request,
            f"The hold is shorter than {chosen}: it ends with the longest hold of {sold.partner}, "
            "or with the booking cut-off of the departure.",
        )
    if payment is not None and payment.amount_minor > sold.retail_minor:
        over = money(payment.amount_minor - sold.retail_minor, sold.currency)
        messages.warning(request, say_overpaid(over))


def _find_lost_choice(choices: Choices, seller: Partner, offered: Offered | None) -> str:
    """Return why a choice of the form is not the one that would be sold; empty if each one is.

    The page falls back to the first partner, the usual option and the product's own currency to
    show something. A sale must not: it would be made for another partner, or at another price.
    """
    if choices.seller not in (None, seller.pk):
        return (
            "The partner that this was for is inactive by now: look at whom it is sold for, and at "
            "the price."
        )
    if offered is None:
        return ""
    if choices.party_of != offered.party_key:
        return "The tickets were chosen for another product or option: choose them again."
    if choices.currency and offered.currency is None:
        return f"It is not sold in {choices.currency} by now: look at the currency and the price."
    return ""


def has_made_a_booking(choices: Choices, seller: Partner) -> bool:
    """Return whether a booking has the page's uuid, so that the page needs a new one."""
    return Booking.objects.filter(uuid=choices.uuid, partner=seller, test_mode=False).exists()


def _request(form: GuestForm, choices: Choices, offered: Offered) -> ReservationRequest:
    asked, contacts = form.cleaned_data, form.ticket_contacts()
    wish = offered.request(offered.slot)
    items = [
        replace(item, contact=contacts[ticket] if ticket < len(contacts) else {})
        for ticket, item in enumerate(wish.unit_items or ())
    ]
    return replace(
        wish,
        unit_items=tuple(items),
        uuid=choices.uuid,
        expiration_minutes=int(asked["hold_minutes"] or HOLD_MINUTES[0][0]),
        contact=form.contact(),
        notes=asked["notes"] or None,
        pickup_hotel=asked["pickup_hotel"] or None,
        pickup_time=asked["pickup_time"] or None,
        reseller_reference=asked["reseller_reference"] or None,
        email_receipt=asked["email_receipt"] and bool(asked["contact.email_address"]),
    )


def _reason(request: HttpRequest, form: GuestForm, offered: Offered) -> str | None:
    """Return the typed reason of an exemption; None if none is needed or the user may make none."""
    is_exempt = offered.chosen is not None and offered.chosen.is_exemptible
    if not (is_exempt and request.user.has_perm(OVERSELL)):
        return None
    typed: str = form.cleaned_data["reason"]
    return typed


def takes_payments(request: HttpRequest, seller: Partner) -> bool:
    """Return whether the page has fields for a payment.

    A reseller's guest pays the reseller, so only sales of the direct partner take payments, by
    staff users who may receive them.
    """
    return seller.kind == PartnerKind.DIRECT.value and request.user.has_perm(RECEIVE)


def _payment(
    request: HttpRequest, form: GuestForm, seller: Partner, offered: Offered
) -> Payment | None:
    price = offered.chosen.price if offered.chosen else None
    if price is None or not takes_payments(request, seller):
        return None
    return form.payment(price)


def _staff_user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the desk is open to staff users only")
    return request.user
