"""A list asks as many questions of the database with 6 rows as with one, and counts no table."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core_site import stores
from core_site.admin_kit import changelist
from core_site.bookings.admin_search import search_bookings
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Option, PartnerTerms, Price, Schedule, Unit
from core_site.events.models import Event
from core_site.partners.models import Partner
from shared_domain.bookings import BookingId
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, page_of, text_of
from tests.at_scale.cost import read_rows
from tests.harness.data import add_departure, add_partner, add_product
from tests.harness.pages import context_of, not_rendered

LARGE = [Booking, Departure, Event]

LISTS = [
    "bookings/booking", "catalog/departure", "events/event", "catalog/product", "catalog/option",
    "catalog/unit", "catalog/price", "catalog/schedule", "catalog/partnerterms",
    "partners/partner", "partners/apikey",
]  # fmt: skip


def questions(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        page = client.get(path)
        assert page.status_code == 200
        if not page.content:
            # Not rendered: nothing has read the rows of the list yet.
            list(page.context["cl"].result_list)
    return [query["sql"] for query in asked.captured_queries]


def fill(desk: Desk, rows: int) -> None:
    for number in range(rows):
        partner = add_partner(f"partner-{number}")
        product = add_product(f"product-{number}", partners=(partner,))
        day = timezone.now() + timedelta(days=11 + number)
        add_departure(desk.shop.kayak, starts_at=day)
        add_departure(product, starts_at=day)
    Departure.objects.update(capacity=None)
    for _ in range(rows):
        desk.held()


def test_a_longer_list_asks_no_more(rosa: Client, desk: Desk) -> None:
    desk.held()
    # Django remembers what it looks up once per process: the second round counts.
    few = {name: len(questions(rosa, f"/admin/{name}/")) for name in LISTS * 2}

    fill(desk, 5)

    assert {name: len(questions(rosa, f"/admin/{name}/")) for name in LISTS} == few


def test_any_list_can_be_searched_for_anything(rosa: Client, desk: Desk) -> None:
    desk.held()

    for name in LISTS:
        for query in ("q=kayak&o=1.-2.x", "q=%00&e=1", "q=9999999999999999999999", "p=99"):
            with not_rendered():
                page = rosa.get(f"/admin/{name}/?{query}", follow=True)
            assert page.status_code == 200, (name, query)


def test_bookings_can_be_filtered(rosa: Client, desk: Desk) -> None:
    desk.held()

    for query in (
        *(f"status={status}" for status in ("ON_HOLD", "EXPIRED", "CONFIRMED")),
        "departure__local_date_from=2026-01-01&departure__local_date_to=2030-01-01",
        "departure__local_date_from=yesterday",
        "tickets=due",
        "test_mode__exact=1",
        "product__id__exact=1",
        "partner__id__exact=1",
    ):
        with not_rendered():
            page = rosa.get(f"/admin/bookings/booking/?{query}", follow=True)
        assert page.status_code == 200, query


def test_filters_leave_out_what_does_not_match(rosa: Client, desk: Desk) -> None:
    held = desk.held()
    day = held.departure.local_date

    def listed(query: str) -> int:
        return context_of(rosa, f"/admin/bookings/booking/?{query}")["cl"].result_count

    assert listed(f"departure__local_date_from={day}&departure__local_date_to={day}") == 1
    assert listed(f"departure__local_date_from={day + timedelta(days=1)}") == 0
    assert listed(f"product__id__exact={held.product_id}") == 1
    assert listed(f"product__id__exact={held.product_id + 1}") == 0
    assert listed(f"partner__id__exact={desk.shop.bob}") == 0
    assert listed(f"departure__id__exact={held.departure_id}") == 1
    assert listed("test_mode__exact=1") == 0


def test_a_hold_that_has_run_out_is_listed_as_expired(rosa: Client, desk: Desk) -> None:
    lapsed, held = desk.lapsed(), desk.held()

    for status, expected in (("EXPIRED", lapsed), ("ON_HOLD", held)):
        listed = context_of(rosa, f"/admin/bookings/booking/?status={status}")["cl"]
        assert list(listed.result_list) == [expected]


@pytest.mark.parametrize("model", LARGE)
def test_a_large_table_is_never_counted_to_its_end(
    rosa: Client, desk: Desk, model: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelist, "COUNTED_TO", 2)
    for _ in range(4):
        desk.held()
    for day in range(4):
        starts_at = desk.shop.departure.starts_at + timedelta(days=1 + day)
        add_departure(desk.shop.kayak, starts_at=starts_at)
    table = model._meta.db_table

    asked = questions(rosa, f"/admin/{model._meta.app_label}/{model._meta.model_name}/")

    counts = [sql for sql in asked if "COUNT(" in sql and f'FROM "{table}"' in sql]
    assert counts
    assert all(re.search(r"LIMIT 3\b", sql) for sql in counts)
    assert admin.site.get_model_admin(model).date_hierarchy is None


def test_a_booking_with_many_tickets_asks_no_more(rosa: Client, desk: Desk) -> None:
    one, six = desk.held("adult"), desk.held(*["adult"] * 6)
    questions(rosa, page_of(one))  # Django remembers what it looks up once per process.

    few, many = (len(questions(rosa, page_of(booking))) for booking in (one, six))

    assert few == many


@pytest.mark.parametrize("model", [Option, Unit, Price, Schedule, PartnerTerms])
def test_a_page_of_the_catalogue_asks_little(rosa: Client, desk: Desk, model: type) -> None:
    pk = model.objects.first().pk

    asked = questions(rosa, f"/admin/catalog/{model._meta.model_name}/{pk}/change/")

    assert len(asked) <= 14


def test_more_units_and_prices_ask_no_more(rosa: Client, desk: Desk) -> None:
    option = Option.objects.get()
    path = f"/admin/catalog/option/{option.pk}/change/"

    # More than a page shows: where there is a second page, the page's own rows are asked for.
    add_units_with_prices(option, 20)
    some = questions(rosa, path)
    add_units_with_prices(option, 20)
    many = questions(rosa, path)

    assert len(many) <= len(some)


def add_units_with_prices(option: Option, how_many: int) -> None:
    for number in range(how_many):
        code = f"u{option.units.count()}-{number}"
        unit = Unit.objects.create(option=option, code=code, internal_name="U")
        Price.objects.create(
            option=option, unit=unit, currency="EUR", original_minor=1, retail_minor=1
        )


DAYS = 20

COPIED = {
    "uuid": "gen_random_uuid()",
    "partner_id": "(SELECT id FROM partners_partner OFFSET mod(number, 20) LIMIT 1)",
    "departure_id": f"(SELECT id FROM catalog_departure OFFSET mod(number, {DAYS}) LIMIT 1)",
    "sale_date": "DATE '2026-01-01' + number / 200",
    "supplier_reference": "'PT-' || lpad(number::text, 10, '0')",
    "reseller_reference": "'R-' || number",
    "voucher_code": "NULL",
    "contact": "jsonb_build_object('emailAddress', 'G' || number || '@example.com',"
    " 'lastName', 'Guest' || number)",
}

TERMS = """
INSERT INTO search_bookingterms (booking_id, day, terms)
SELECT booking.id, departure.local_date,
       search_terms(booking.reseller_reference, ARRAY[booking.contact])
  FROM bookings_booking AS booking
  JOIN catalog_departure AS departure ON departure.id = booking.departure_id
    ON CONFLICT DO NOTHING
"""


@pytest.fixture
def twenty_thousand(desk: Desk) -> Booking:
    """20,000 bookings of 20 partners and 20 days; the one returned is like no other."""
    desk.confirmed()
    for number in range(20):
        Partner.objects.create(code=f"p{number}", name=f"P{number}", email="a@b.c")
    for number in range(1, DAYS):
        starts_at = desk.shop.departure.starts_at + timedelta(days=number)
        add_departure(desk.shop.kayak, starts_at=starts_at)
    names = [field.column for field in Booking._meta.concrete_fields if field.column != "id"]
    values = [COPIED.get(name, f"booking.{name}") for name in names]
    with connection.cursor() as cursor:
        # Without triggers, which would take one row after the other.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO bookings_booking ({', '.join(names)}) SELECT {', '.join(values)}"
            " FROM bookings_booking AS booking, generate_series(1, 20000) AS number"
        )
        cursor.execute(TERMS)
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE bookings_booking, search_bookingterms, catalog_departure")
    return Booking.objects.get(supplier_reference="PT-0000012345")


WAYS: list[Callable[[Booking], str]] = [
    lambda booking: booking.supplier_reference,
    lambda booking: booking.supplier_reference.lower()[:12],
    lambda booking: booking.reseller_reference,
    lambda booking: str(booking.uuid),
    lambda booking: str(booking.uuid).upper(),
    lambda booking: "g12345@EXAMPLE.com",
    lambda booking: "guest12345",
    lambda booking: "GUEST1234",
]


def test_what_reads_20000_bookings_reads_few(
    rosa: Client,
    twenty_thousand: Booking,
    subtests: pytest.Subtests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One set of rows for all that only reads them: it takes longer to make than to search."""
    with subtests.test("no order and no filter of a list reads them all"):
        monkeypatch.setattr(changelist, "COUNTED_TO", 100)
        pages_read_few(rosa, twenty_thousand)
    with subtests.test("searching walks no table"):
        searching_walks_no_table(twenty_thousand)
    with subtests.test("a search finds at most a thousand"):
        found: QuerySet[Booking] = search_bookings(Booking.objects.all(), "guest", by_guest=True)
        assert found.count() == 1_000
    with subtests.test("reminders are looked for among the bookings of two days"):
        reminders_read_two_days()


def pages_read_few(rosa: Client, twenty_thousand: Booking) -> None:
    path = "/admin/bookings/booking/"
    columns = len(context_of(rosa, path)["cl"].list_display)
    # A column is sorted the same way in either direction, so each is tried in one of them.
    orders = [f"?o={'-' * (number % 2)}{number}" for number in range(1, columns)]
    filters = [
        "?o=1.2", "?p=2", "?status=CONFIRMED", "?status=PENDING", "?sale_date_from=2026-03-01",
        "?sale_date_to=2026-01-03&currency=EUR",
        f"?partner__id__exact={twenty_thousand.partner_id}", "?tickets=late",
        f"?departure__local_date_from={twenty_thousand.departure.local_date}",
    ]  # fmt: skip

    office = "/admin/statements/partnerpayment"
    sums = [
        f"{office}/revenue/?first=2026-03-01&last=2026-03-05",
        f"{office}/months/2026-03/",
        "/admin/departures/",
    ]

    with not_rendered():
        read = {query: most_rows(rosa, path + query) for query in [*orders, *filters]}
    read |= {address: most_rows(rosa, address) for address in [path, *sums]}

    # A day of bookings is sorted at once, five are added up; 20,000 never are.
    assert {query: rows for query, rows in read.items() if rows > 3_000} == {}


def searching_walks_no_table(twenty_thousand: Booking) -> None:
    everything = Booking.objects.all()

    for way in WAYS:
        with CaptureQueriesContext(connection) as asked:
            found = list(search_bookings(everything, way(twenty_thousand), by_guest=True))
        assert twenty_thousand in found
        for query in asked.captured_queries:
            assert walked(query["sql"]) == set(), query["sql"]


def reminders_read_two_days() -> None:
    departure = Departure.objects.order_by("starts_at")[5]
    now = departure.starts_at - timedelta(hours=20)
    find = stores.messages().reminder_candidates(
        after=BookingId(0), now=now, until=now + timedelta(days=2), limit=200
    )

    with connection.cursor() as cursor:
        # As of a disc without moving parts: 22,000 bookings are nearly few enough to read them all.
        cursor.execute("SET LOCAL random_page_cost = 1.1")
    with CaptureQueriesContext(connection) as asked:
        run_now(find)

    (query,) = asked.captured_queries
    assert sum(read for _, read, _ in read_rows(query["sql"])) <= 5_000


def walked(statement: str) -> set[str]:
    """Return the large tables that PostgreSQL would read from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    return set(re.findall(r"Seq Scan on (bookings_booking)\b", plan))


def test_a_short_list_is_sorted_by_every_column(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, three = desk.held("adult"), desk.held(*["adult"] * 3)
    path = "/admin/bookings/booking/"
    column = context_of(rosa, path)["cl"].list_display.index("places")
    refused = "keep their usual order"

    short = rosa.get(f"{path}?o={column}")
    monkeypatch.setattr(changelist, "COUNTED_TO", 1)
    long = rosa.get(f"{path}?o={column}")

    assert list(short.context["cl"].result_list) == [one, three]
    assert refused not in text_of(short)
    assert refused in text_of(long)
    assert list(long.context["cl"].get_ordering_field_columns()) == []


def test_a_long_list_is_sorted_by_the_time_of_travel(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = desk.held()
    sooner = Booking.objects.get(pk=desk.held().pk)
    first = add_departure(
        desk.shop.kayak, starts_at=desk.shop.departure.starts_at - timedelta(days=2)
    )
    Booking.objects.filter(pk=sooner.pk).update(departure=first)
    monkeypatch.setattr(changelist, "COUNTED_TO", 1)
    path = "/admin/bookings/booking/"
    column = context_of(rosa, path)["cl"].list_display.index("travels_at")

    listed = [
        list(context_of(rosa, f"{path}?o={sign}{column}&all=")["cl"].queryset) for sign in ("", "-")
    ]

    assert listed == [[sooner, later], [later, sooner]]


def most_rows(client: Client, path: str) -> int:
    """Return the most rows of large tables that one query of a page reads."""
    return max(
        (read for sql in questions(client, path) if sql.lstrip().startswith(("SELECT", "WITH"))
         for _, read, _ in read_rows(sql)),
        default=0,
    )  # fmt: skip
