"""The pages that add to the catalogue, and every page and answer that then shows it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog import jobs
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
from core_site.partners.models import Partner
from deploy.database_url import with_parts
from shared_domain import partners
from shared_domain.run_now import run_now
from tests.admin.staff import logged_in
from tests.catalogue.typed_rows import Typed
from tests.harness.clients import Answer, OctoClient
from tests.harness.data import add_partner, add_supplier
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_bare_edge

#: All that an option of these tests may ask of a guest.
CLARA = {
    "firstName": "Clara",
    "lastName": "Duarte",
    "emailAddress": "clara@example.com",
    "country": "PT",
    "notes": "none",
}

PRICING = {"Octo_Capabilities": "octo/pricing"}

#: Rows of an inline that a page has and that stay empty.
NO_ROWS = {
    f"{inline}-{name}": "0"
    for inline in ("options", "terms", "units", "prices", "schedules")
    for name in ("TOTAL_FORMS", "INITIAL_FORMS")
}

SHOWN = (
    Supplier, Product, Option, Unit, Price, Schedule, PartnerTerms, Partner, Departure, Booking,
)  # fmt: skip

#: Of more rows than these the pages are all alike.
PAGES_OF_EACH = 2


@dataclass(frozen=True)
class Stack:
    staff: Client
    port: int
    key: str
    alice: partners.PartnerId
    log: Path

    def empty(self) -> None:
        """Take out what an earlier example left."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT history_open('test', 'an example is over')")
            cursor.execute("TRUNCATE catalog_product, events_event CASCADE")

    def add(self, model: type[Model], typed: Typed, **known: Any) -> Any:
        """Send the page that adds a row; return the row, or None when the form refuses it."""
        last = model._default_manager.order_by("-pk").first()
        page = f"/admin/catalog/{model._meta.model_name}/add/"
        answer = self.staff.post(page, NO_ROWS | typed | known)
        assert answer.status_code in (200, 302), answer.status_code
        newest = model._default_manager.order_by("-pk").first()
        assert (answer.status_code == 302) == (newest != last)
        return newest if newest != last else None

    def change_by_hand(self, change: str) -> None:
        """Run an UPDATE of a whole table, unless a constraint refuses it."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE {change}")
        except DatabaseError:
            return

    def generate(self) -> None:
        jobs.generate_departures()

    def look_at_everything(self) -> None:
        """Ask for every page and answer that shows the catalogue; none may be an error of ours."""
        self._ask_the_api()
        self._read_the_admin()
        for path in ("/v1/statements", f"/v1/statements/{timezone.now():%Y-%m}"):
            for accepted in ("application/json", "text/csv"):
                answer = self.staff.get(
                    path, headers={"Authorization": f"Bearer {self.key}", "Accept": accepted}
                )
                assert answer.status_code < 500, path

    def _ask_the_api(self) -> None:
        self._ask("GET", "/octo/supplier")
        products = self._ask("GET", "/octo/products", **PRICING).body
        self._ask("GET", "/octo/products")
        for product in Product.objects.all():
            self._ask("GET", f"/octo/products/{product.code}", **PRICING)
        for product in products:
            for option in product["options"]:
                self._sell(product, option)
        today = timezone.now().date()
        for query in (f"localDate={today}", f"localDateStart={today}&localDateEnd={_later(300)}"):
            self._ask("GET", f"/octo/bookings?{query}", **PRICING)

    def _sell(self, product: dict[str, Any], option: dict[str, Any]) -> None:
        asked = {"productId": product["id"], "optionId": option["id"]}
        year = asked | {"localDateStart": _later(0), "localDateEnd": _later(365)}
        for currency in [None, *product.get("availableCurrencies", [])[:2]]:
            self._ask(
                "POST", "/octo/availability/calendar", year | {"currency": currency}, **PRICING
            )
        days = asked | {"localDateStart": _later(1), "localDateEnd": _later(4)}
        slots = self._ask("POST", "/octo/availability", days, **PRICING).body
        for unit in option["units"]:
            for quantity in (1, 1000):
                units = [{"id": unit["id"], "quantity": quantity}]
                self._ask("POST", "/octo/availability", days | {"units": units}, **PRICING)
        slot_ids = [slot["id"] for slot in slots if slot["available"]][:1]
        if not product["availabilityRequired"]:
            slot_ids.append(None)
        for slot_id in slot_ids:
            for unit in option["units"]:
                for currency in product["availableCurrencies"]:
                    slot = {"availabilityId": slot_id, "currency": currency}
                    self._book(asked | slot, option, unit)

    def _book(self, asked: dict[str, Any], option: dict[str, Any], unit: dict[str, Any]) -> None:
        fewest = unit["restrictions"]["minQuantity"] or 1
        tickets = max(option["restrictions"]["minUnits"], fewest)
        party = {"unitItems": [{"unitId": unit["id"]}] * tickets}
        booked = self._ask("POST", "/octo/bookings", asked | party, **PRICING)
        if booked.status != 200:
            return
        uuid = booked.body["uuid"]
        items = [{"unitId": unit["id"], "contact": CLARA}] * tickets
        confirmation = {"contact": CLARA, "unitItems": items}
        self._ask("POST", f"/octo/bookings/{uuid}/confirm", confirmation, **PRICING)
        self._ask("GET", f"/octo/bookings/{uuid}", **PRICING)
        if asked["currency"] != "EUR":
            self._ask("POST", f"/octo/bookings/{uuid}/cancel", {"force": True}, **PRICING)

    def _ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        # A connection of its own: the edge closes those that were idle while a page was made.
        answer = OctoClient(self.port, self.key).send(method, path, body, checked=False, **headers)
        assert answer.status < 500, f"{method} {path} {body}\n{self.log.read_text()[-4000:]}"
        return answer

    def _read_the_admin(self) -> None:
        self._read("/admin/")
        for model in SHOWN:
            pages = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            self._read(pages)
            for row in model._default_manager.order_by("-pk")[:PAGES_OF_EACH]:
                for page in ("change", "history", "delete"):
                    self._read(f"{pages}{row.pk}/{page}/")

    def _read(self, path: str) -> None:
        # What a view raises is raised here.
        answer = self.staff.get(path, follow=True)
        assert answer.status_code in (200, 403), (path, answer.status_code)


@contextmanager
def running_stack(log: Path) -> Iterator[Stack]:
    add_supplier()
    alice = add_partner("alice")
    issued = run_now(
        partners.issue_key(
            alice, label="shop", is_test=False, expires_at=None, now=timezone.now(),
            scopes=[scope.value for scope in partners.Scope], store=stores.keys(),
        )
    )  # fmt: skip
    url = with_parts(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    database = CommittedDatabase(owner_url=url, django_url=url, edge_url=url)
    with running_bare_edge(database, log) as port:
        yield Stack(logged_in(), port, issued.secret, alice, log)


def _later(days: int) -> str:
    day: date = timezone.now().date() + timedelta(days=days)
    return day.isoformat()
