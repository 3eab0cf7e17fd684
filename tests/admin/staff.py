"""Who sits at the admin in these tests, and the bookings that they act on."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Product
from shared_domain import bookings
from shared_domain.partners import Access
from shared_domain.run_now import run_now
from shared_domain.time_zones import zone
from tests.harness.data import Shop, add_departure, add_partner, add_product, days_ahead
from tests.harness.responses import ClientResponse
from tests.harness.staff_sessions import sign_in

LEAD_GUEST = {"first_name": "Clara", "last_name": "Duarte", "email_address": "clara@example.com"}

ACTIONS = ["confirm", "cancel", "accept", "reject", "redeem", "undo_redemption", "resend"]


def logged_in(*permissions: str, username: str = "rosa") -> Client:
    """Return the browser of a staff user with these permissions; with all when none are given."""
    user = User.objects.create(
        username=username, is_staff=True, is_superuser=not permissions, email="rosa@rio.example"
    )
    if permissions:
        codenames = [permission.partition(".")[2] for permission in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    sign_in(client, user)
    return client


def text_of(page: ClientResponse) -> str:
    """Return what a page says, without tags and with single spaces."""
    without_tags = re.sub(r"<[^>]+>", " ", page.content.decode())
    return " ".join(html.unescape(without_tags).split())


def open_shop(starts_at: datetime | None = None, **values: Any) -> Shop:
    """Open the shop with a departure that is ahead of the machine's clock: the admin uses that."""
    alice, bob = add_partner("alice"), add_partner("bob")
    kayak = add_product("kayak", partners=(alice, bob), **values)
    return Shop(alice, bob, kayak, add_departure(kayak, starts_at=starts_at or days_ahead()))


@dataclass(frozen=True)
class Desk:
    """Makes bookings of Alice's in every state, and knows their pages."""

    shop: Shop

    def held(self, *unit_codes: str, test_mode: bool = False, **wish: Any) -> Booking:
        reservation = self.shop.reservation(*unit_codes, **{"contact": LEAD_GUEST} | wish)
        return self._do(bookings.reserve_booking, reservation, test_mode=test_mode)

    def confirmed(self, *unit_codes: str, test_mode: bool = False, **wish: Any) -> Booking:
        held = self.held(*unit_codes, test_mode=test_mode, **wish)
        return self._do(
            bookings.confirm_booking, held.uuid, bookings.BookingChange(), test_mode=test_mode
        )

    def admissible(self, *unit_codes: str, **wish: Any) -> Booking:
        """Return a confirmed booking whose day it is, whatever the clock says while tests run."""
        confirmed = self.confirmed(*unit_codes, **wish)
        now = timezone.now()
        # On the water since yesterday, and back the day after tomorrow.
        yesterday = now.astimezone(zone("Europe/Lisbon")).date() - timedelta(days=1)
        Departure.objects.update(
            local_date=yesterday,
            starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=2),
        )
        return confirmed

    def redeemed(self, *unit_codes: str) -> Booking:
        return self._do(bookings.redeem_booking, self.admissible(*unit_codes).uuid, None)

    def pending(self, *unit_codes: str, **wish: Any) -> Booking:
        Product.objects.update(instant_confirmation=False)
        return self.confirmed(*unit_codes, **wish)

    def cancelled(self) -> Booking:
        return self._do(bookings.cancel_booking, self.confirmed().uuid, reason=None)

    def update(self, booking: Booking, **change: Any) -> Booking:
        """Change a booking as its partner does: PATCH."""
        with transaction.atomic():
            return self._do(bookings.update_booking, booking.uuid, bookings.BookingChange(**change))

    def lapsed(self, *unit_codes: str) -> Booking:
        """Return a hold that ran out a minute ago, not released by anybody yet."""
        held = self.held(*unit_codes)
        self.change(held, hold_expires_at=timezone.now() - timedelta(minutes=1))
        return held

    def past_cutoff(self) -> Booking:
        """Return a confirmed booking that partners can no longer cancel."""
        confirmed = self.confirmed()
        soon = timezone.now() + timedelta(hours=3)
        Departure.objects.update(cutoffs_count_from=soon)
        return confirmed

    def change(self, booking: Booking, **columns: Any) -> None:
        """Bring a booking into a state that would take days to reach."""
        Booking.objects.filter(pk=booking.pk).update(**columns)

    def _do(
        self,
        service: Callable[..., Any],
        *arguments: Any,
        test_mode: bool = False,
        **options: Any,
    ) -> Booking:
        done = run_now(
            service(
                *arguments,
                access=Access(partner_id=self.shop.alice, test_mode=test_mode),
                now=timezone.now(),
                store=stores.bookings(),
                **options,
            )
        )
        return Booking.objects.get(pk=done.id)


def page_of(booking: Booking, action: str = "change") -> str:
    return f"/admin/bookings/booking/{booking.pk}/{action}/"


def page_of_departure(departure: Departure, action: str = "change") -> str:
    return f"/admin/catalog/departure/{departure.pk}/{action}/"


def copy_booking(one: Booking, *, times: int, **values: object) -> list[Booking]:
    """Add bookings like this one, without tickets: as many as a list or a manifest is long."""
    names = [field.attname for field in Booking._meta.concrete_fields if not field.primary_key]
    same = {name: getattr(one, name) for name in names} | values
    return Booking.objects.bulk_create(
        Booking(**same | {"supplier_reference": f"PT-{number:010}", "voucher_code": None,
                          "uuid": f"00000000-0000-0000-0000-{number:012}"})
        for number in range(times)
    )  # fmt: skip
