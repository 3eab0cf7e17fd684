"""Staff make partners, set what they may hold and switch them off; one with keys is kept."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.test import Client

from core_site.catalog.direct_terms import sell_directly
from core_site.catalog.models import PartnerTerms
from core_site.partners.models import Partner
from tests.admin.forms import open_form
from tests.admin.staff import logged_in
from tests.harness.data import add_product
from tests.harness.services import url_of_this_test
from tests.harness.waiting import LOCK_WAITS, eventually
from tests.partners.test_keys_in_the_admin import issued_for

NO_KEYS = {f"api_keys-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}


@pytest.fixture
def partner(db: None) -> Partner:
    return Partner.objects.create(code="alpine", name="Alpine Tickets", email="it@alpine.example")


@pytest.fixture
def staff(db: None) -> Client:
    return logged_in()


def test_a_partner_with_keys_is_kept_and_the_page_says_why(staff: Client, partner: Partner) -> None:
    issued_for(partner)
    path = f"/admin/partners/partner/{partner.pk}/delete/"

    page = " ".join(staff.post(path, {"post": "yes"}).content.decode().split())

    assert "It cannot be deleted, because these refer to it" in page
    assert "API keys" in page
    assert "switch it off instead" in page
    assert Partner.objects.exists()


def test_a_partner_without_keys_can_go(staff: Client, partner: Partner) -> None:
    staff.post(f"/admin/partners/partner/{partner.pk}/delete/", {"post": "yes"})

    assert not Partner.objects.exists()


def test_a_partner_is_made_and_switched_off_by_its_form(staff: Client) -> None:
    values = {"name": "Alpine", "email": "it@alpine.example", "max_hold_minutes": "60", **NO_KEYS}

    staff.post("/admin/partners/partner/add/", {**values, "code": "alpine", "is_active": "on"})
    made = Partner.objects.get()
    assert (made.code, made.is_active, made.max_hold_minutes) == ("alpine", True, 60)

    staff.post(f"/admin/partners/partner/{made.pk}/change/", {**values, "code": "other"})
    made.refresh_from_db()
    assert (made.code, made.is_active) == ("alpine", False)


@pytest.mark.parametrize(
    ("typed", "stored", "message"),
    [
        ("40", 40, ""),
        ("100", 100, ""),
        ("", 80, ""),
        ("0", 80, "greater than or equal to 1"),
        ("101", 80, "less than or equal to 100"),
        ("a", 80, "Enter a whole number"),
    ],
)
def test_the_share_that_a_partner_may_hold_is_set_by_its_form(
    staff: Client, partner: Partner, typed: str, stored: int, message: str
) -> None:
    path = f"/admin/partners/partner/{partner.pk}/change/"

    page = staff.post(path, open_form(staff, path) | {"max_held_percent": typed})

    partner.refresh_from_db()
    assert partner.max_held_percent == stored
    assert (page.status_code == 302) is (not message)
    assert message in page.content.decode()


def test_addresses_that_stay_are_not_logged_as_changed(staff: Client, partner: Partner) -> None:
    partner.test_mail_addresses = ["ana@alpine.example", "rui@alpine.example"]
    partner.save()
    path = f"/admin/partners/partner/{partner.pk}/change/"
    # As browsers end lines.
    shown = {"test_mail_addresses": "ana@alpine.example\r\nrui@alpine.example"}

    staff.post(path, open_form(staff, path) | shown | {"name": "Alpine"})

    assert LogEntry.objects.get().get_change_message() == "Changed Name."


@pytest.mark.django_db(transaction=True)
def test_a_direct_partner_and_a_product_that_are_added_at_once_find_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core_site.transactions.LONGEST_WAIT", "120s")
    desk = {"code": "desk", "name": "Desk", "email": "it@desk.example", "kind": "direct"}
    staff = logged_in()

    def add_partner() -> None:
        try:
            staff.post("/admin/partners/partner/add/", NO_KEYS | desk | {"max_hold_minutes": "60"})
        finally:
            connection.close()

    with (
        ThreadPoolExecutor() as other,
        psycopg.connect(url_of_this_test(), autocommit=True) as watcher,
    ):
        with transaction.atomic():
            kayak = add_product("kayak", partners=())
            sell_directly(kayak)
            adding = other.submit(add_partner)
            assert eventually(lambda: watcher.execute(LOCK_WAITS).fetchone() == (1,))
        adding.result()

    assert PartnerTerms.objects.filter(product=kayak, partner__code="desk").exists()
