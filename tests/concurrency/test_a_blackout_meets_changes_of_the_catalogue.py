"""A blackout that is added while staff change the catalogue closes what they bring to its place."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core_site import stores
from core_site.catalog.departure_generation import generate_departures
from core_site.catalog.models import Departure, Option, Product
from shared_domain import availability
from shared_domain.availability import BlackoutPlan
from shared_domain.availability.blackouts.sql_store import LOCK_SHARED
from shared_domain.catalog import ProductId
from shared_domain.run_now import run_now
from tests.admin.forms import save
from tests.admin.staff import logged_in, text_of
from tests.harness.data import NOW, Shop, add_product
from tests.harness.waiting import eventually

#: Unlike pg_stat_activity, it is read anew by each statement of a transaction.
WAITING = """
SELECT count(*) FROM pg_locks
 WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

FIRST, LAST = NOW.date().replace(day=10), NOW.date().replace(day=12)


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads
        threads.submit(lambda: connection.close()).result()


def black_out_cascais(requested_by: int) -> int:
    plan = BlackoutPlan(
        product_id=None, place="Cascais", first_date=FIRST, last_date=LAST, reason="Regatta"
    )
    with transaction.atomic():
        _, closed = run_now(
            availability.add_blackout(
                plan, requested_by=requested_by, now=NOW, store=stores.blackouts()
            )
        )
    return closed


def begin(elsewhere: ThreadPoolExecutor) -> "Future[int]":
    """Begin to add the blackout in another session; return when it waits, or is done."""
    blackout = elsewhere.submit(black_out_cascais, User.objects.get().pk)
    assert eventually(lambda: blackout.done() or count_waiting())
    return blackout


def count_waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        (count,) = cursor.fetchone()
    return int(count)


def test_a_product_that_moves_there_meanwhile(shop: Shop, elsewhere: ThreadPoolExecutor) -> None:
    User.objects.create(username="duarte")
    generate_departures(shop.kayak.options.get(), now=NOW)

    with transaction.atomic():
        Product.objects.filter(pk=shop.kayak.pk).update(place="Cascais")
        run_now(
            availability.follow_place(ProductId(shop.kayak.pk), now=NOW, store=stores.blackouts())
        )
        blackout = begin(elsewhere)

    assert blackout.result() == 3


def test_an_option_that_is_added_meanwhile(shop: Shop, elsewhere: ThreadPoolExecutor) -> None:
    User.objects.create(username="duarte")

    with transaction.atomic():
        sail = add_product("sail", partners=(shop.alice,), place="Cascais")
        generate_departures(sail.options.get(), now=NOW)
        blackout = begin(elsewhere)

    assert blackout.result() == 3
    assert not Departure.objects.filter(
        option__product=sail, local_date__range=(FIRST, LAST), is_open=True
    ).exists()


def test_a_page_locks_blackouts_before_its_rows(shop: Shop) -> None:
    """Otherwise the page and a blackout, which locks the options next, wait in a circle."""
    page = reverse("admin:catalog_option_change", args=[Option.objects.get().pk])

    with CaptureQueriesContext(connection) as queries:
        save(logged_in(), page, internal_name="Morning")

    statements = [query["sql"] for query in queries]
    locks = [sql for sql in statements if sql == LOCK_SHARED or "FOR NO KEY UPDATE" in sql]
    assert locks[0] == LOCK_SHARED
    assert len(locks) > 1


def test_a_page_that_cannot_wait_keeps_what_was_typed(
    shop: Shop, elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core_site.transactions.LONGEST_WAIT", "50ms")
    page = reverse("admin:catalog_option_change", args=[Option.objects.get().pk])
    office, may_commit, is_locked = logged_in(), Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            run_now(stores.blackouts().lock())
            is_locked.set()
            may_commit.wait()

    holding = elsewhere.submit(hold)
    is_locked.wait()
    refused = save(office, page, internal_name="Morning")
    may_commit.set()
    holding.result()

    assert "another user is changing this at the moment" in text_of(refused)
    assert 'value="Morning"' in refused.content.decode()
