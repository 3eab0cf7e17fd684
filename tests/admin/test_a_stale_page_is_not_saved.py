"""A page that others changed meanwhile is saved only after saying what they changed."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client, RequestFactory

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
from core_site.messages.models import ArrivalInfo, HouseNote
from core_site.partners.models import ApiKey, Partner
from core_site.resources.models import Resource
from tests.admin.forms import changed, filled_in, open_form, save
from tests.admin.staff import logged_in, text_of
from tests.harness.data import Shop, add_supplier
from tests.harness.responses import ClientResponse
from tests.harness.staff_sessions import sign_in
from tests.partners.test_keys_in_the_admin import issued_for

REFUSED = "Nothing was saved: this page was changed by others after you opened it."

#: For every page that saves: a field, what Vera makes of it, and what Rosa types at the same time.
EDITED: dict[type[Model], tuple[str, str, str]] = {
    Supplier: ("name", "Rio de Vera", "Rio da Rosa"),
    Product: ("internal_name", "Kayak de Vera", "Kayak da Rosa"),
    Option: ("internal_name", "Morning", "Evening"),
    Unit: ("internal_name", "Grown-up", "Adult person"),
    Price: ("season_start", "2030-02-01", "2030-03-01"),
    Schedule: ("season_start", "2030-02-01", "2030-03-01"),
    PartnerTerms: ("partner", "bob", "carol"),
    Partner: ("name", "Alice de Vera", "Alice da Rosa"),
    Resource: ("name", "Boat of Vera", "Boat of Rosa"),
    HouseNote: ("above", "Bring a hat.", "Bring a coat."),
    ArrivalInfo: ("meeting_point", "Pontoon 1", "Pontoon 2"),
    User: ("first_name", "Vera", "Rosa"),
    Group: ("name", "guides", "drivers"),
}


@pytest.fixture
def vera(shop: Shop) -> Client:
    """Another member of staff, who saves first."""
    return logged_in(username="vera")


def path_of(row: Model) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def row_of(model: type[Model], shop: Shop) -> Model:
    if model is Supplier:
        return add_supplier()
    if model is Resource:
        return Resource.objects.create(kind="BOAT", name="Gaivota")
    if model is HouseNote:
        return HouseNote.objects.create(language="en", above="Bring shoes.")
    if model is ArrivalInfo:
        return ArrivalInfo.objects.create(
            product=shop.kayak, language="en", meeting_point="Pontoon 3"
        )
    if model is Group:
        return Group.objects.create(name="staff")
    if model is Schedule:
        # Nothing on sale, so that no effect on departures is to be looked at first.
        Departure.objects.all().delete()
    if model is PartnerTerms:
        # The only ones of the product, so that any partner can be chosen.
        PartnerTerms.objects.exclude(partner=shop.alice).delete()
        Partner.objects.create(code="carol", name="carol", email="it@carol.example")
        return PartnerTerms.objects.get()
    return model.objects.order_by("pk").first()


def sent(client: Client, path: str, form: dict[str, Any], **changes: Any) -> ClientResponse:
    return client.post(path, changed(form, **changes))


def test_every_page_that_saves_is_tried() -> None:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    pages = admin.site._registry.items()
    assert {model for model, page in pages if page.has_change_permission(request)} == set(EDITED)


@pytest.mark.parametrize("model", EDITED, ids=lambda model: model.__name__)
def test_the_second_save_is_told_and_saves_on_the_second_try(
    rosa: Client, vera: Client, shop: Shop, model: type[Model]
) -> None:
    row = row_of(model, shop)
    path, (name, theirs, mine) = path_of(row), EDITED[model]
    if model is PartnerTerms:
        theirs, mine = (str(Partner.objects.get(code=code).pk) for code in (theirs, mine))
    form = open_form(rosa, path)
    assert sent(vera, path, open_form(vera, path), **{name: theirs}).status_code == 302
    stored = model.objects.values().get(pk=row.pk)

    page = sent(rosa, path, form, **{name: mine})

    assert page.status_code == 200
    assert model.objects.values().get(pk=row.pk) == stored
    said = text_of(page)
    assert REFUSED in said
    shown = theirs if model is not PartnerTerms else "bob"
    label = page.context["adminform"].form.fields[name].label
    assert re.search(rf"{label}: .+ → {shown} \(Staff: vera, 20\d\d-[0-9: -]+ UTC\)\.", said)
    assert page.context["adminform"].form[name].value() == mine

    assert sent(rosa, path, filled_in(page)).status_code == 302
    column = model._meta.get_field(name).attname
    assert str(getattr(model.objects.get(pk=row.pk), column)) == mine


@pytest.mark.parametrize("model", EDITED, ids=lambda model: model.__name__)
def test_a_page_without_other_changes_is_saved(
    rosa: Client, shop: Shop, model: type[Model]
) -> None:
    row = row_of(model, shop)
    path = path_of(row)
    form = open_form(rosa, path)

    assert sent(rosa, path, form).status_code == 302
    # The version is no field of the row, so the log does not name it.
    assert "ersion" not in LogEntry.objects.get().get_change_message()
    # Nothing was changed, so the same page may be saved again.
    assert sent(rosa, path, form).status_code == 302


def test_fields_that_were_left_alone_follow_and_typed_ones_stay(
    rosa: Client, vera: Client, shop: Shop
) -> None:
    path = path_of(shop.kayak)
    form = open_form(rosa, path)
    theirs = {"internal_name": "Canoe", "delivery_methods": ["TICKET"], "is_active": None}
    save(vera, path, **theirs)

    page = sent(rosa, path, form, reference="R2", instant_delivery=None)

    assert REFUSED in text_of(page)
    assert "Voucher or tickets: " in text_of(page)
    again = filled_in(page)
    assert (again["internal_name"], again["reference"]) == ("Canoe", "R2")
    assert again["delivery_methods"] == ["TICKET"]
    assert not {"is_active", "instant_delivery"} & again.keys()

    assert sent(rosa, path, again).status_code == 302
    product = Product.objects.get()
    assert (product.internal_name, product.reference) == ("Canoe", "R2")
    assert (product.is_active, product.instant_delivery) == (False, False)
    assert product.delivery_methods == ["TICKET"]


def test_what_was_changed_back_is_no_change(rosa: Client, vera: Client, shop: Shop) -> None:
    path = path_of(shop.kayak)
    form = open_form(rosa, path)
    save(vera, path, internal_name="Canoe")
    save(vera, path, internal_name="kayak")

    assert sent(rosa, path, form, internal_name="Surf").status_code == 302


def test_what_the_page_does_not_edit_stands_in_no_ones_way(
    rosa: Client, vera: Client, shop: Shop
) -> None:
    """A new revision, a login, an API key: none of them is on the form."""
    product, staff, partner = shop.kayak, User.objects.get(username="vera"), Partner.objects.first()
    forms = {path_of(row): open_form(rosa, path_of(row)) for row in (product, staff, partner)}
    save(vera, path_of(product.options.get()), cancellation_cutoff_amount="48")
    sign_in(vera, staff)
    issued_for(partner)

    for path, form in forms.items():
        assert sent(rosa, path, form).status_code == 302, path
    assert ApiKey.objects.exists()


@pytest.mark.parametrize(
    "version", ["nonsense", "a:b:c"], ids=["no signature", "another signature"]
)
def test_a_damaged_version_is_not_taken_for_a_good_one(
    rosa: Client, shop: Shop, version: str
) -> None:
    path = path_of(shop.kayak)

    page = sent(rosa, path, open_form(rosa, path), internal_name="Surf", page_version=version)

    assert "the page's own version is damaged" in text_of(page)
    assert sent(rosa, path, filled_in(page)).status_code == 302
    assert Product.objects.get().internal_name == "Surf"


def test_a_version_of_another_row_is_none(rosa: Client, shop: Shop) -> None:
    first, second = Unit.objects.order_by("pk")[:2]
    other = open_form(rosa, path_of(first))["page_version"]

    page = save(rosa, path_of(second), internal_name="X", page_version=other)

    assert "the page's own version is damaged" in text_of(page)


def test_a_popup_is_a_page_as_well(rosa: Client, vera: Client, shop: Shop) -> None:
    unit = Unit.objects.first()
    path = f"{path_of(unit)}?_popup=1"
    form = open_form(rosa, path) | {"_popup": "1"}
    save(vera, path_of(unit), internal_name="Grown-up")

    page = sent(rosa, path, form, internal_name="Adult person")

    assert REFUSED in text_of(page)
    assert b"popup" in sent(rosa, path, filled_in(page) | {"_popup": "1"}).content
    assert Unit.objects.get(pk=unit.pk).internal_name == "Adult person"


def test_the_page_sends_its_version_along(rosa: Client, shop: Shop) -> None:
    page = rosa.get(path_of(shop.kayak)).content.decode()

    (carried,) = re.findall(r'<input type="hidden" name="page_version" value="([^"]+)"', page)
    assert len(carried) < 4_000


def test_who_may_only_look_is_sent_no_version(shop: Shop) -> None:
    viewer = logged_in("catalog.view_product", username="viewer")

    assert b"page_version" not in viewer.get(path_of(shop.kayak)).content


def test_money_and_shares_are_told_as_they_are_typed(
    rosa: Client, vera: Client, shop: Shop
) -> None:
    price = Price.objects.get(unit__code="adult", currency="EUR")
    terms = PartnerTerms.objects.first()
    forms = {path_of(row): open_form(rosa, path_of(row)) for row in (price, terms)}
    save(vera, path_of(price), retail_minor="44.50")
    save(vera, path_of(terms), commission_basis_points="12.5")

    told = {path: text_of(sent(rosa, path, form)) for path, form in forms.items()}

    assert "Retail price: 45.00 → 44.50 (Staff: vera, " in told[path_of(price)]
    assert "Commission: 20 → 12.5 (Staff: vera, " in told[path_of(terms)]
