"""Sums of sales are exact while partners sell, departures move to other months, and workers die."""

import os
import signal
import subprocess
import sys
import threading
from datetime import date
from uuid import uuid4

import psycopg

from shared_domain import sales_rollup
from shared_domain.bookings import BookingChange
from shared_domain.run_now import run_now
from shared_domain.settlements import daily_revenue
from tests.concurrency import folding
from tests.concurrency.callers import Callers, call
from tests.harness.data import NOW, TRAVEL_DATE, Shop, live
from tests.harness.databases import ROOT
from tests.lifecycle.sales_add_up import check_sales, fold

TO_DAY = "UPDATE catalog_departure SET local_date = %s WHERE id = %s"
NEXT_MONTH = date(TRAVEL_DATE.year, TRAVEL_DATE.month + 1, 1)


def move_to_and_fro(url: str, departure_id: int, is_over: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while not is_over.is_set():
            for day in (NEXT_MONTH, TRAVEL_DATE):
                connection.execute(TO_DAY, [day, departure_id])


def test_nothing_is_lost_or_counted_twice(shop: Shop, url: str, callers: Callers) -> None:
    from core_site import stores

    uuids = [uuid4() for _ in range(8)]
    by_partner = {"access": live(shop.alice), "now": NOW}
    reserving = [
        call("reserve_booking", shop.reservation(uuid=uuid), **by_partner) for uuid in uuids
    ]
    assert {outcome.said for outcome in callers.all_at_once(url, reserving)} == {"ON_HOLD"}
    is_over = threading.Event()
    mover = threading.Thread(target=move_to_and_fro, args=(url, shop.departure.pk, is_over))
    worker = subprocess.Popen(
        [sys.executable, "-m", folding.__name__, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    mover.start()
    try:
        selling = [
            [
                call("confirm_booking", uuid, BookingChange(), **by_partner),
                *([call("cancel_booking", uuid, reason=None, **by_partner)] * (number % 2)),
            ]
            for number, uuid in enumerate(uuids)
        ]
        outcomes = callers.in_order(url, selling)
        check_sales()
        assert worker.stdout is not None
        assert int(worker.stdout.readline()) > 0
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()
        is_over.set()
        mover.join()

    said = [outcome.said for program in outcomes for outcome in program]
    assert (said.count("CONFIRMED"), said.count("CANCELLED")) == (8, 4)
    check_sales()
    while fold():
        check_sales()
    (day,) = run_now(daily_revenue(date.min, date.max, store=stores.settlements()))
    assert (day.bookings, day.cancelled) == (8, 4)


def test_two_repairs_at_once_repair_once(shop: Shop, url: str, callers: Callers) -> None:
    from django.db import connection, transaction

    from core_site import stores

    uuid, by_partner = uuid4(), {"access": live(shop.alice), "now": NOW}
    reserve = call("reserve_booking", shop.reservation(uuid=uuid), **by_partner)
    confirm = call("confirm_booking", uuid, BookingChange(), **by_partner)
    callers.in_order(url, [[reserve, confirm]])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sales_rollup_salechange")
    done = []

    with transaction.atomic():
        ours = run_now(sales_rollup.repair(store=stores.sales_rollup()))
        theirs = threading.Thread(target=lambda: done.append(repair_elsewhere()))
        theirs.start()
    theirs.join()

    assert (ours.days, ours.months) == (3, 1)
    assert not done[0]
    check_sales()


def repair_elsewhere() -> sales_rollup.Deviation:
    from django.db import connection, transaction

    from core_site import stores

    try:
        with transaction.atomic():
            return run_now(sales_rollup.repair(store=stores.sales_rollup()))
    finally:
        connection.close()
