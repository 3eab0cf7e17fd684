"""No address of the admin makes a server error, and what is not understood is 400."""

import logging

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db.models import Model
from django.forms.models import inlineformset_factory
from django.test import Client, RequestFactory

from core_site.catalog.models import Option, Product
from tests.admin.staff import logged_in

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)

#: Parameters that no list has, or has with other values.
NOT_UNDERSTOOD = [
    "nonsense=1",
    "nonsense__exact=1",
    "pk__nonsense=1",
    "pk=abc",
    "pk__in=1,x",
    "pk__exact=%00",
    "pk__range=1",
    "pk__regex=(",
    "pk__date__gt=2026-13-45",
    "password__startswith=a",
    "pk__pk__pk__pk=1",
    "__=1",
]

#: Parameters that a list reads as it can; none of them breaks it.
HARMLESS = [
    "p=abc",
    "p=-1",
    "p=99",
    "q=%00",
    "q=%F0%9F%9B%B6",
    "o=x.-99.1.1",
    "_popup=1",
    "_facets=1",
    "all=",
    "e=1",
]


def list_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


@pytest.fixture
def rosa(db: None) -> Client:
    return logged_in()


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create(username="rosa", is_staff=True, is_superuser=True)


def answered(model: type[Model], query: str, user: User) -> bool:
    """Return whether the list of this address is shown; it is 400 otherwise."""
    request = RequestFactory().get(f"/?{query}")
    request.user = user
    request._messages = CookieStorage(request)
    try:
        shown = admin.site._registry[model].get_changelist_instance(request)
        list(shown.result_list)
    except (BadRequest, SuspiciousOperation):
        return False
    return True


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_list_refuses_what_it_does_not_understand(staff: User, model: type[Model]) -> None:
    assert [query for query in NOT_UNDERSTOOD if answered(model, query, staff)] == []
    assert [query for query in HARMLESS if not answered(model, query, staff)] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_page_that_is_not_there_is_no_server_error(rosa: Client, model: type[Model]) -> None:
    rosa.raise_request_exception = False

    for page in ("%00/change/", "x/delete/", "0/history/", "0/change/?_to_field=password"):
        assert rosa.get(list_of(model) + page).status_code < 500, page


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_form_is_not_filled_with_what_its_fields_cannot_hold(
    rosa: Client, model: type[Model]
) -> None:
    rosa.raise_request_exception = False
    for field in model._meta.get_fields():
        if not field.is_relation or field.auto_created:
            continue
        for value in ("%00x", "abc", "9" * 30):
            page = rosa.get(f"{list_of(model)}add/?{field.name}={value}")

            # Rows that no page adds, and columns that the page does not ask for.
            assert page.status_code in (200, 400, 403), (field.name, value)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_form_with_what_its_fields_cannot_hold_comes_back(
    rosa: Client, model: type[Model]
) -> None:
    rosa.raise_request_exception = False
    names = [field.name for field in model._meta.get_fields() if not field.auto_created]

    for value in ("\0x", "2026-13-45"):
        page = rosa.post(f"{list_of(model)}add/", dict.fromkeys(names, value))

        assert page.status_code in (200, 400, 403), value


@pytest.mark.parametrize("count", ["201", "1" + "0" * 23, "-1", "1e2", "\u0661", "1\0"])
def test_no_form_counts_more_rows_than_a_page_saves(rosa: Client, count: str) -> None:
    """Django would build and show up to 2,000 rows of each inline, whatever was sent."""
    refused = set()
    for model in MODELS:
        for inline in admin.site._registry[model].inlines:
            rows = inlineformset_factory(model, inline.model, fk_name=inline.fk_name, fields=())
            counts = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "0"}
            for name in counts:
                sent = {
                    f"{rows.get_default_prefix()}-{n}": v
                    for n, v in {**counts, name: count}.items()
                }

                page = rosa.post(f"{list_of(model)}add/", sent)

                # 403: rows that no page adds.
                assert page.status_code in (400, 403), (model, inline, name)
                refused |= {model} if page.status_code == 400 else set()
                assert page.status_code == 403 or b"Nothing was saved" in page.content
    assert {Product, Option} <= refused


@pytest.mark.parametrize("address", ["product/?nonsense=1", "option/add/?product=abc"])
def test_it_says_what_is_wrong(rosa: Client, address: str) -> None:
    page = rosa.get(f"/admin/catalog/{address}")

    assert page.status_code == 400
    assert b"This address is not understood" in page.content


def test_a_wrong_host_name_is_one_line_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        page = client.get("/admin/login/", HTTP_HOST="evil.example")

    assert page.status_code == 400
    (record,) = [record for record in caplog.records if "Host" in record.name]
    assert record.exc_info is None
    assert "evil" not in record.getMessage()
