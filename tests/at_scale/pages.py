"""The pages of the admin that a shop with 1,000,000 bookings opens every day, and all of its lists.

Run as a program, ``python -m tests.at_scale.pages``, it prints what each costs on the database of
``DATABASE_URL`` as JSON: the tests' own Django has another database. Paths as arguments measure
these alone.
"""

import os
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from django.contrib.auth.models import User

BOOKINGS = "/admin/bookings/booking/"


def main(paths: list[str]) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "core_site.config.settings"
    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    from tests.at_scale.cost import as_json, measure

    settings.ALLOWED_HOSTS = ["testserver"]
    # One process does all the work, so that its time is what the page takes on one core.
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    user = User.objects.filter(is_superuser=True)[0]
    client = Client()
    client.force_login(user)
    print(as_json([measure(client, path) for path in paths or every_page(user)]))


def every_page(user: "User") -> Iterator[str]:
    """Yield all lists of the admin with their orders, then filters, searches and other pages."""
    from django.contrib import admin

    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield path
    yield from _orders(user)
    yield from _bookings()
    yield from _other_lists()
    yield from pages_of_days(date.today())
    yield from pages_of_the_office(date.today())
    for typed in ("silva", "maria silva", "carvalho correia", "+351 912 345", "PT-00"):
        yield f"/admin/find/?q={typed}"
        yield f"{BOOKINGS}?q={typed}"


def _orders(user: "User") -> Iterator[str]:
    """Yield each list by each of the columns that staff can sort it by, both ways."""
    from django.contrib import admin
    from django.test import RequestFactory

    for model, model_admin in admin.site._registry.items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        request = RequestFactory().get(path)
        request.user = user
        changelist = model_admin.get_changelist_instance(request)
        for place, name in enumerate(changelist.list_display):
            if name != "action_checkbox" and changelist.get_ordering_field(name):
                yield f"{path}?o={place}"
                yield f"{path}?o=-{place}"


def _bookings() -> Iterator[str]:
    from core_site.catalog.models import Product
    from core_site.partners.models import Partner

    today, year = date.today(), timedelta(days=365)
    products = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    partner = Partner.objects.order_by("pk").values_list("pk", flat=True)[0]
    for status in (
        "ON_HOLD", "PENDING", "CONFIRMED", "REDEEMED", "CANCELLED", "REJECTED", "EXPIRED",
    ):  # fmt: skip
        yield f"{BOOKINGS}?status={status}"
    for channel in ("API", "TELEPHONE", "WALK_IN", "EMAIL"):
        yield f"{BOOKINGS}?channel={channel}"
    travels = "departure__local_date"
    for condition in (
        "p=100",
        "tickets=due",
        "tickets=late",
        "test_mode__exact=1",
        "test_mode__exact=0",
        f"partner__id__exact={partner}",
        f"product__id__exact={products[0]}",
        f"product__id__exact={products[-1]}&status=CONFIRMED",
        f"{travels}_from={today}&{travels}_to={today}",
        f"{travels}_from={today}",
        f"{travels}_to={today - year}",
        f"{travels}_from={today}&o=5",
        f"sale_date_from={today - year}&sale_date_to={today - year}",
        f"sale_date_from={today - year}&sale_date_to={today}&currency=EUR",
        f"sale_date_from={today}&product__id__exact={products[0]}",
    ):
        yield f"{BOOKINGS}?{condition}"


def _other_lists() -> Iterator[str]:
    departures = "/admin/catalog/departure/"
    for condition in (
        *("time=today", "time=tomorrow", "time=all", "p=2"),
        *("state=open", "state=sold out", "state=past&time=all"),
        *("places=left", "places=none", "places=taken", "runs=yes", "runs=no", "q=kayak"),
        "local_date_from=2026-01-01&time=all",
    ):
        yield f"{departures}?{condition}"
    for condition in ("state=refund", "state=due", "state=settled", "is_direct__exact=1"):
        yield f"/admin/payments/account/?{condition}"
    for condition in ("kind=RECEIVED", "kind=WRITTEN_OFF", "method=CASH", "q=PT-0"):
        yield f"/admin/payments/entry/?{condition}"
    for condition in ("test_mode__exact=1", "type=booking.updated", "p=50"):
        yield f"/admin/events/event/?{condition}"
    for condition in (
        "guest=untold",
        "guest=waits",
        "outcome__exact=KEPT",
        "kind__exact=TICKETS",
        "q=silva",
    ):
        yield f"/admin/guest_messages/message/?{condition}"


def pages_of_days(today: date) -> Iterator[str]:
    """Yield what the desk and the pier have open, of the day with the most bookings."""
    from django.db.models import Count

    from core_site.bookings.models import Booking
    from core_site.catalog.models import Departure

    newest = Booking.objects.filter(status="CONFIRMED", departure__isnull=False).order_by("-id")[0]
    fullest = (
        Departure.objects.filter(local_date=today, schedule__isnull=False)
        .annotate(sold=Count("bookings"))
        .order_by("-sold")[0]
    )
    yield "/admin/"
    yield f"{BOOKINGS}{newest.pk}/change/"
    yield f"/admin/catalog/departure/{fullest.pk}/change/"
    yield f"/admin/catalog/departure/{fullest.pk}/manifest"
    yield "/admin/departures/"
    yield f"/admin/departures/?view=day&date={today}"
    yield f"/admin/departures/?view=week&date={today + timedelta(days=7)}"
    yield "/admin/desk/"
    yield f"/admin/desk/?product={newest.product.code}&day={today + timedelta(days=3)}"
    yield "/admin/scan/"
    yield "/admin/resources/resource/my-week/"
    yield "/admin/disruptions/disruption/"


def pages_of_the_office(today: date) -> Iterator[str]:
    """Yield statements and revenue of the month and of half a year."""
    from core_site.partners.models import Partner

    partner = Partner.objects.exclude(kind="direct").order_by("pk")[0]
    statements = "/admin/statements/partnerpayment"
    yield f"{statements}/months/{today:%Y-%m}/"
    yield f"{statements}/open/"
    of_partner = f"{statements}/of/{partner.pk}/{today:%Y-%m}/"
    yield of_partner
    yield f"{of_partner}?after={today:%Y-%m}-20.0"
    yield f"{of_partner}?before=sold.{today:%Y-%m}-20.0"
    yield f"{statements}/revenue/"
    yield f"{statements}/revenue/?first={today - timedelta(days=182)}&last={today}"


if __name__ == "__main__":
    main(sys.argv[1:])
