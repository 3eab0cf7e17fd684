"""The demo is a believable operator whose every row obeys the rules of the domain."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.models import User as StaffUser
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Count, F, Sum
from django.test import Client
from django.utils import timezone
from psycopg.conninfo import conninfo_to_dict
from pytest_django import DjangoDbBlocker

from core_site.admin_kit.viewer_zone import COOKIE
from core_site.booking_desk.models import Exemption
from core_site.bookings.admin_columns import late_tickets
from core_site.bookings.models import Booking, UnitItem
from core_site.bookings.page.timeline import describe_event, load_steps
from core_site.catalog.models import (
    Departure,
    Option,
    PartnerTerms,
    Price,
    Product,
    Schedule,
    Supplier,
    Unit,
)
from core_site.database import DjangoDatabase
from core_site.demo.loader import FEWEST_BOOKINGS, load_demo
from core_site.events.models import Event
from core_site.partners.models import Partner
from core_site.payments.models import Account
from core_site.resources.models import Assignment, Resource
from core_site.rollout.models import Endpoint
from core_site.row_history import find_event_model
from core_site.users.models import User
from shared_domain import availability, bookings, catalog, partners
from shared_domain.availability.sql_store import SqlAvailabilityStore
from shared_domain.bookings.codes import new_supplier_reference, new_ticket_code
from shared_domain.bookings.sql_store import SqlBookingStore
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.money import TaxRate, price_for_partner
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.run_now import run_now
from tests.at_scale.cost import broken_budgets, open_measured
from tests.demo.dates import other_forms
from tests.demo.pages import (
    MOST_ROWS,
    MOST_ROWS_OF_A_PAGE,
    every_page_of_the_demo,
    only_by_index,
)
from tests.harness.data import in_test_mode, live
from tests.harness.databases import CommittedDatabase

#: Lists whose rows hold the UUID of a booking: staff know bookings by their reference.
NAMED_BY_REFERENCE = ("/admin/events/event/", "/admin/notifications/notification/")
UUID_SHOWN = re.compile(r">[^<]*\b([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LIVE = [status for status in bookings.BookingStatus if status.takes_places]


@pytest.fixture(scope="module")
def demo(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[dict[str, Any]]:
    """Load the demo once for all of these tests, and keep Django's connection on it."""
    usual = connections[DEFAULT_DB_ALIAS]
    with make_committed_database() as database, django_db_blocker.unblock():
        ours = usual.copy()
        ours.settings_dict["NAME"] = conninfo_to_dict(database.owner_url)["dbname"]
        del ours.settings_dict["OPTIONS"]["pool"]
        connections[DEFAULT_DB_ALIAS] = ours
        try:
            yield load_demo(now=NOW, bookings=FEWEST_BOOKINGS)
        finally:
            ours.close()
            connections[DEFAULT_DB_ALIAS] = usual


pytestmark = pytest.mark.usefixtures("demo")


def is_stretched(encoded: str) -> bool:
    return not identify_hasher(encoded).must_update(encoded)


def catalog_store() -> SqlCatalogStore:
    return SqlCatalogStore(DjangoDatabase())


class TestTheCatalogue:
    def test_holds_a_dozen_complete_products_that_partners_sell(self) -> None:
        sold = {
            product.code: product
            for partner in Partner.objects.all()
            for product in run_now(
                catalog.list_products(access=live(partner.id), store=catalog_store())
            )
        }

        assert len(sold) >= 12
        assert set(sold) == set(Product.objects.values_list("code", flat=True))
        assert all(product.is_complete for product in sold.values())

    def test_shows_what_products_can_be(self) -> None:
        def kinds(column: str) -> set[object]:
            return set(Product.objects.values_list(column, flat=True))

        assert kinds("availability_type") == {"START_TIME", "OPENING_HOURS"}
        assert kinds("pricing_per") == {"UNIT", "BOOKING"}
        assert set(Price.objects.values_list("currency", flat=True)) == {"EUR", "GBP", "JPY"}
        assert len(kinds("time_zone")) >= 3
        for column in (
            "instant_confirmation",
            "instant_delivery",
            "availability_required",
            "allow_freesale",
        ):
            assert kinds(column) == {True, False}
        assert Unit.objects.filter(pax_count=4, type="FAMILY").exists()
        assert Unit.objects.filter(id_required=True, type="STUDENT").exists()
        assert Unit.objects.exclude(accompanied_by=[]).exists()
        assert Option.objects.filter(allows_late_cancellation=True, late_refund_percent=50).exists()
        assert any(
            len(hours) > 1 for hours in Schedule.objects.values_list("opening_hours", flat=True)
        )

    def test_leaves_no_guest_waiting_for_tickets(self) -> None:
        assert not late_tickets(Booking.objects.all(), now=NOW)

    def test_holds_only_what_staff_could_have_entered(self) -> None:
        for model in (Supplier, Product, Option, Unit, Price, Schedule, Partner, PartnerTerms):
            for row in model.objects.all():
                row.clean_fields()

    def test_has_a_price_for_every_day(self) -> None:
        for price_per_unit in (True, False):
            priced = Unit.objects.exclude(option__product__pricing_per="BOOKING")
            if not price_per_unit:
                priced = Option.objects.filter(product__pricing_per="BOOKING")
            for row in priced:
                product = row.option.product if price_per_unit else row.product
                without_season = row.prices.filter(season_start=None)

                assert sorted(without_season.values_list("currency", flat=True)) == sorted(
                    product.available_currencies
                )

    def test_is_sold_on_different_terms(self) -> None:
        resellers = PartnerTerms.objects.filter(partner__kind="reseller")
        visible = Counter(resellers.values_list("partner__code", flat=True))

        assert len(visible) == 4
        assert len(set(visible.values())) == 4
        assert min(visible.values()) == 5
        assert Partner.objects.values("max_hold_minutes").distinct().count() == 4


class TestDepartures:
    def test_follow_the_schedules_for_400_days(self) -> None:
        store = SqlAvailabilityStore(DjangoDatabase(), catalog_store())

        changed = [
            len(run_now(availability.generate_departures(option_id, now=NOW, store=store)))
            for option_id in Option.objects.values_list("id", flat=True)
        ]

        assert set(changed) == {0}
        assert Departure.objects.filter(local_date=NOW.date() + timedelta(days=400)).exists()

    def test_are_reserved_by_exactly_the_live_bookings(self) -> None:
        of_bookings = dict(
            Booking.objects.filter(status__in=LIVE, departure__isnull=False, test_mode=False)
            .values_list("departure")
            .annotate(Sum("places"))
        )

        assert of_bookings == dict(
            Departure.objects.filter(reserved__gt=0).values_list("id", "reserved")
        )

    def test_are_sometimes_full_and_sometimes_closed(self) -> None:
        future = Departure.objects.filter(booking_cutoff_at__gt=NOW + timedelta(days=1))

        assert future.filter(reserved=F("capacity"), is_open=True).count() >= 3
        assert future.filter(is_open=False).count() >= 3


class TestBookings:
    def test_are_of_every_kind(self) -> None:
        live = Booking.objects.filter(test_mode=False)

        assert Booking.objects.count() >= FEWEST_BOOKINGS
        assert set(live.values_list("status", flat=True)) == set(bookings.BookingStatus)
        assert set(
            live.filter(status="CANCELLED").values_list("cancellation_refund", flat=True)
        ) == set(bookings.Refund)
        assert Booking.objects.filter(test_mode=True, places__gt=0).exists()
        assert live.filter(status="CONFIRMED", unit_items__redeemed_at__isnull=False).exists()
        assert live.filter(departure=None).exists()
        assert live.filter(departure__starts_at__gt=NOW).exists()
        assert live.filter(departure__starts_at__lt=NOW, status="REDEEMED").exists()

    def test_on_hold_are_held_for_a_while_yet(self) -> None:
        lapsed = Booking.objects.filter(status="ON_HOLD", hold_expires_at__lte=NOW)

        assert not lapsed.exists()

    def test_add_up(self) -> None:
        for booking in Booking.objects.select_related("product").prefetch_related("unit_items"):
            if booking.product.pricing_per == "BOOKING":
                assert all(item.retail_minor is None for item in booking.unit_items.all())
                continue
            for column in ("original_minor", "retail_minor", "net_minor"):
                of_items = sum(getattr(item, column) for item in booking.unit_items.all())
                assert getattr(booking, column) == of_items

    def test_leave_each_partner_its_commission(self) -> None:
        terms = {
            (row.partner_id, row.product_id): row.commission_basis_points
            for row in PartnerTerms.objects.all()
        }
        for item in UnitItem.objects.filter(retail_minor__isnull=False).select_related(
            "booking__product"
        ):
            booking = item.booking
            product = booking.product
            price = price_for_partner(
                currency=booking.currency,
                original_minor=item.original_minor,
                retail_minor=item.retail_minor,
                commission_basis_points=terms[booking.partner_id, booking.product_id],
                tax_rates=[TaxRate(product.tax_name, product.tax_basis_points)]
                if product.tax_basis_points
                else [],
            )

            assert item.net_minor == price.net_minor
            assert item.taxes == [
                [tax.name, tax.original_minor, tax.retail_minor, tax.net_minor]
                for tax in price.taxes
            ]

    def test_carry_references_and_codes_like_the_real_ones(self) -> None:
        for genuine, made_up in (
            (new_supplier_reference(), Booking.objects.values_list("supplier_reference")),
            (new_ticket_code(), Booking.objects.values_list("voucher_code")),
            (new_ticket_code(), UnitItem.objects.values_list("ticket_code")),
        ):
            shape = re.compile(r"(PT-)?[0-9A-HJKMNP-TV-Z]{10,16}\Z")
            codes = [code for (code,) in made_up if code]
            assert codes
            assert shape.match(genuine)
            assert all(shape.match(code) and len(code) == len(genuine) for code in codes)

    def test_can_be_read_by_their_partner(self) -> None:
        store = SqlBookingStore(
            DjangoDatabase(), SqlAvailabilityStore(DjangoDatabase(), catalog_store())
        )
        for partner in Partner.objects.all():
            found = [
                booking
                for access in (live(partner.id), in_test_mode(partner.id))
                for booking in run_now(
                    bookings.find_bookings(
                        bookings.BookingFilter(), access=access, now=NOW, store=store
                    )
                )
            ]

            assert len(found) == partner.bookings.count() > 0
            for booking in found:
                if booking.status is bookings.BookingStatus.CONFIRMED:
                    booking.check_contacts()


class TestDesk:
    def test_sells_for_the_house_by_every_channel(self) -> None:
        sold = Booking.objects.exclude(channel="API")

        assert set(sold.values_list("channel", flat=True)) == {"TELEPHONE", "WALK_IN", "EMAIL"}
        assert set(sold.values_list("partner__kind", flat=True)) == {"direct"}
        assert all(booking.net_minor == booking.retail_minor for booking in sold)

    def test_holds_and_sells_past_its_limits_with_a_reason(self) -> None:
        assert Booking.objects.filter(status="ON_HOLD", channel="TELEPHONE").exists()
        exemptions = Exemption.objects.exclude(reason="")
        assert set(exemptions.values_list("is_after_cutoff", flat=True)) == {True, False}

    def test_changes_bookings_and_gives_money_back(self) -> None:
        told = {name for event in Event.objects.all() for name in event.data}
        assert {"ticketsCancelled", "priceKept"} <= told
        assert Booking.objects.filter(internal_note__isnull=False).exists()
        assert Account.objects.filter(refunded_minor__gt=0, balance_minor__lt=0).exists()


class TestEvents:
    def test_tell_of_every_change_in_order(self) -> None:
        told: dict[object, list[Event]] = {}
        for event in Event.objects.filter(booking_uuid__isnull=False).order_by("id"):
            told.setdefault(event.booking_uuid, []).append(event)
        for booking in Booking.objects.all():
            events = told.pop(booking.uuid)
            moments = [event.created_at for event in events]
            types = Counter(event.type for event in events)

            assert events[0].type == "booking.reserved"
            assert moments == sorted(moments)
            assert (moments[0], moments[-1]) == (booking.created_at, booking.updated_at)
            assert events[-1].data["status"] == booking.status
            decided = types["booking.confirmed"] + types["booking.accepted"]
            assert decided == (booking.confirmed_at is not None)
            assert types["booking.cancelled"] == (booking.cancelled_at is not None)
            assert types["booking.expired"] == (booking.status == "EXPIRED")
            assert types["booking.rejected"] == (booking.status == "REJECTED")
        assert not told

    def test_are_logged_in_order_of_time_and_all_in_the_past(self) -> None:
        logged = Event.objects.filter(booking_uuid__isnull=False).order_by("id")
        moments = list(logged.values_list("created_at", flat=True))

        assert moments == sorted(moments)
        assert moments[-1] <= NOW


class TestLoginsAndKeys:
    def test_let_staff_in_with_the_rights_of_their_group(self, demo: dict[str, Any]) -> None:
        users = {
            role: authenticate(username=login["user"], password=login["password"])
            for role, login in demo["staff"].items()
        }
        admin = authenticate(username=demo["admin_user"], password=demo["admin_password"])

        assert admin is not None
        assert admin.is_superuser
        # The first sign-in has stretched the password, which is loaded without that.
        assert is_stretched(admin.password)
        assert users["Reservations"].is_staff
        assert users["Reservations"].has_perms(["bookings.change_booking", "catalog.view_product"])
        assert not users["Reservations"].has_perm("partners.change_partner")
        assert users["Finance"].has_perm("bookings.view_booking")
        assert not users["Finance"].has_perm("bookings.change_booking")
        assert users["Catalogue"].has_perms(["catalog.change_price", "catalog.add_product"])
        assert not users["Catalogue"].has_perm("bookings.view_booking")
        assert users["Guide"].get_all_permissions() == {"resources.see_own_week"}
        assert Resource.objects.get(staff_user=users["Guide"].pk).assignments.exists()

    def test_let_every_partner_in(self, demo: dict[str, Any]) -> None:
        for keys in demo["api_keys"].values():
            for mode, secret in keys.items():
                key = run_now(
                    partners.authenticate(secret, now=NOW, store=SqlKeyStore(DjangoDatabase()))
                )

                assert key.is_test == (mode == "test")


def test_every_partner_has_users_of_every_age(demo: dict[str, Any]) -> None:
    how_many = dict(User.objects.values_list("partner__code").annotate(Count("id")).order_by())

    assert set(how_many) == set(demo["api_keys"])
    assert min(how_many.values()) >= 20
    assert set(User.objects.order_by().values_list("age", flat=True)) >= {5, 20, 40, 60}
    assert not User.objects.filter(updated_at__gt=NOW).exists()


def test_some_bookings_name_a_user_of_their_partner_made_before() -> None:
    named = Booking.objects.exclude(user_id=None).values_list("partner_id", "user_id", "created_at")
    users = {user.pk: user for user in User.objects.all()}

    assert len({user_id for _, user_id, _ in named}) >= 10
    for partner_id, user_id, created_at in named:
        assert users[user_id].partner_id == partner_id
        assert users[user_id].created_at <= created_at


def test_users_are_being_moved_and_statements_are_left_to_move() -> None:
    stages = {
        str(endpoint): endpoint.stage for endpoint in Endpoint.objects.filter(is_on_django=True)
    }

    assert stages == {
        "GET /v1/users": "shadow",
        "POST /v1/users": "shadow",
        "GET /v1/users/{id}": "shadow",
        "PATCH /v1/users/{id}": "shadow",
        "DELETE /v1/users/{id}": "shadow",
        "GET /v1/statements": "django",
        "GET /v1/statements/{month}": "django",
    }


class TestHistory:
    def test_tells_each_step_of_a_booking_with_its_author(self) -> None:
        for booking in Booking.objects.order_by("id")[:60]:
            told = list(Event.objects.filter(booking_uuid=booking.uuid).order_by("id"))
            steps = load_steps(booking)[::-1]

            assert [step.at for step in steps] == [event.created_at for event in told]
            assert [step.what.lower() for step in steps] == [
                describe_event(event).lower() for event in told
            ]
            assert all(step.who != "–" for step in steps)
            assert all(step.fields or step.unrecorded for step in steps[1:])

    def test_ends_with_every_row_as_it_is(self) -> None:
        for model in (Booking, UnitItem):
            events = find_event_model(model)
            last = events.objects.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")
            versions = {row.pgh_obj_id: row for row in last if row.pgh_label != "delete"}
            columns = [field.attname for field in model._meta.concrete_fields]
            names = [name for name in columns if hasattr(events, name)]

            rows = list(model.objects.all())
            assert len(rows) == len(versions)
            for row in rows:
                version = versions[row.pk]
                kept = {name: getattr(version, name) for name in names}
                assert kept == {name: getattr(row, name) for name in names}

    def test_names_partners_staff_guides_and_jobs_and_the_demo_for_the_rest(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT metadata - 'request_id' FROM pghistory_context")
            found = [json.loads(metadata) for (metadata,) in cursor.fetchall()]

        actors = {("api_key",), ("user",), ("job",), ("guide_link",)}
        assert {tuple(metadata) for metadata in found} == actors
        assert {metadata.get("job") for metadata in found} >= {
            "load_demo",
            "release_lapsed_holds",
            "send_tickets",
        }


def test_every_page_of_the_admin_keeps_its_budget_and_writes_dates_in_one_form(
    demo: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The clock of the demo: its days ahead would be past on the machine's.
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    admin_user = StaffUser.objects.get(username=demo["admin_user"])
    staff = Client()
    staff.force_login(admin_user)
    staff.cookies[COOKIE] = "Europe/Lisbon"
    Resource.objects.filter(pk=Assignment.objects.all()[:1].values("resource")).update(
        staff_user=admin_user
    )
    faults: dict[str, list[str]] = {}
    pages = list(every_page_of_the_demo(NOW.date()))

    with only_by_index():
        for path in pages:
            cost, page = open_measured(staff, path)
            most_rows = MOST_ROWS.get(path, MOST_ROWS_OF_A_PAGE)
            broken = broken_budgets(asdict(cost), most_rows=most_rows)
            faults[path] = [*broken, *other_forms(page)]
            if path in NAMED_BY_REFERENCE:
                faults[path] += UUID_SHOWN.findall(page)

    assert len(pages) > 80
    assert {path: found for path, found in faults.items() if found} == {}
