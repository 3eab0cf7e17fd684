"""Every text that staff type into one line is stored on one line, by the rules of contact data."""

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import CharField, Model
from django.test import Client

from core_site.catalog.models import Option, Product, Supplier, Unit
from core_site.checked_texts import LineField
from core_site.partners.models import Partner
from tests.admin.forms import errors_on, save
from tests.harness.data import Shop, add_supplier

#: Texts whose own pattern leaves no room for a blank or a control character.
HAVE_A_PATTERN = {"code", "website", "time_zone", "currency", "default_currency"}


def path_of(row: Model) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


@pytest.mark.parametrize("model", [Supplier, Product, Option, Unit, Partner])
def test_no_column_of_the_catalogue_is_forgotten(model: type[Model]) -> None:
    texts = [
        column
        for column in model._meta.get_fields()
        if isinstance(column, CharField) and column.editable and not column.choices
    ]

    assert texts
    for column in texts:
        assert isinstance(column, LineField) or column.name in HAVE_A_PATTERN, column


@pytest.mark.parametrize(
    ("column", "typed", "stored"),
    [
        ("name", " Rio\r\nTours\u00a0", "Rio Tours"),
        ("address", "Rua\tA\u20281\u200b", "Rua A 1"),
        ("name", "\u202eRio\u202c", "Rio"),
        ("email", " Olá@RIO.example", "Olá@rio.example"),
        ("telephone", "+351 210 000 000", "+351210000000"),
        ("telephone", "+351 210 000 000 ext. 7", "+351210000000 ext. 7"),
        ("telephone", "210 000 000", "210 000 000"),
        ("telephone", "\u200b", ""),
        ("email", "\u00a0", ""),
    ],
)
def test_the_supplier(rosa: Client, db: None, column: str, typed: str, stored: str) -> None:
    supplier = add_supplier()

    page = save(rosa, path_of(supplier), **{column: typed})

    assert page.status_code == 302, errors_on(page)
    supplier.refresh_from_db()
    assert getattr(supplier, column) == stored


@pytest.mark.parametrize(
    ("column", "typed", "message"),
    [
        ("name", "Rio\x07", "Must not contain the character U+0007."),
        ("name", "\u3164\u200b", "This field cannot be blank."),
        ("email", "hello", "Must be an e-mail address such as guest@example.com."),
        ("email", "a@rio.example\nBcc: eve@x.example", "Must not contain blanks."),
        ("telephone", "ask at the desk", "Must be a telephone number such as +351 210 000 000."),
    ],
)
def test_what_the_supplier_is_not(
    rosa: Client, db: None, column: str, typed: str, message: str
) -> None:
    supplier = add_supplier()

    page = save(rosa, path_of(supplier), **{column: typed})

    assert page.status_code == 200
    assert message in errors_on(page)


def test_what_was_stored_under_older_rules_stops_no_page(rosa: Client, db: None) -> None:
    supplier = add_supplier()
    Supplier.objects.update(email="desk@rio.local", telephone="ask at the desk")

    page = save(rosa, path_of(supplier), name="Rio")

    assert page.status_code == 302, errors_on(page)
    supplier.refresh_from_db()
    assert (supplier.name, supplier.email) == ("Rio", "desk@rio.local")
    again = save(rosa, path_of(supplier), email="other@rio.local")
    assert "Must be an e-mail address" in errors_on(again)


def test_a_product_and_its_options(rosa: Client, shop: Shop) -> None:
    option, unit = shop.kayak.options.get(), Unit.objects.first()

    save(rosa, path_of(shop.kayak), internal_name="Kayak\nBcc: a", locale="PT_pt", reference="\t")
    save(rosa, path_of(option), internal_name="\ufeffMorning\x0b")
    save(rosa, path_of(unit), internal_name="Adult\x85", reference=" A-1 ")

    for row in (shop.kayak, option, unit):
        row.refresh_from_db()
    assert (shop.kayak.internal_name, shop.kayak.locale) == ("Kayak Bcc: a", "pt-PT")
    assert shop.kayak.reference is None
    assert option.internal_name == "Morning"
    assert (unit.internal_name, unit.reference) == ("Adult", "A-1")


def test_a_partner(rosa: Client, shop: Shop) -> None:
    partner = Partner.objects.get(pk=shop.alice)

    save(rosa, path_of(partner), name="Alpine\nTickets", email="It@ALPINE.example ")

    partner.refresh_from_db()
    assert (partner.name, partner.email) == ("Alpine Tickets", "It@alpine.example")


@pytest.mark.parametrize(
    ("column", "typed", "stored"),
    [
        ("first_name", "Ro\u200bsa\r\nMaria ", "Rosa Maria"),
        ("last_name", "\u00a0\u200b", ""),
        ("email", "rosa@RÍO.example", "rosa@río.example"),
    ],
)
def test_a_member_of_staff(rosa: Client, column: str, typed: str, stored: str) -> None:
    user = User.objects.get()

    page = save(rosa, path_of(user), **{column: typed})

    assert page.status_code == 302, errors_on(page)
    user.refresh_from_db()
    assert getattr(user, column) == stored


def test_a_group(rosa: Client) -> None:
    group = Group.objects.create(name="Desk")

    assert "Must not contain" in errors_on(save(rosa, path_of(group), name="Desk\x1b"))
    save(rosa, path_of(group), name=" Front\ndesk")

    group.refresh_from_db()
    assert group.name == "Front desk"
