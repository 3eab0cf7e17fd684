"""No list of the admin tells, by filter, search or order, what its reader may not see."""

from collections.abc import Iterator
from itertools import cycle

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import models
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client, RequestFactory

from core_site.admin_kit.hidden_fields import reads_hidden
from core_site.bookings.models import Booking
from core_site.personal_data import PERSONAL_FIELDS, SECRET_FIELDS
from tests.admin.staff import Desk, logged_in

#: How far a filter may wander from the list's own table before the test stops following it.
FARTHEST = 3

LISTS = dict(admin.site._registry)


def hidden_paths(model: type[Model], depth: int = 1) -> Iterator[str]:
    """Yield every way to a personal or secret column, through relations in both directions."""
    label = model._meta.label_lower
    yield from PERSONAL_FIELDS.get(label, frozenset()) | SECRET_FIELDS.get(label, frozenset())
    if depth == FARTHEST:
        return
    for field in model._meta.get_fields():
        if field.related_model is not None:
            for rest in hidden_paths(field.related_model, depth + 1):
                yield f"{field.name}__{rest}"


PATHS = [(model, path) for model in LISTS for path in sorted(hidden_paths(model))]


def list_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


@pytest.fixture
def clerk(desk: Desk) -> Client:
    """A staff user who may look at everything except personal data."""
    desk.confirmed(notes="walnuts")
    client = logged_in("bookings.view_booking")
    views = Permission.objects.filter(codename__startswith="view_")
    User.objects.get().user_permissions.set(views.exclude(codename="view_personal_data"))
    return client


def test_the_lists_name_columns_that_exist() -> None:
    for label, names in [*PERSONAL_FIELDS.items(), *SECRET_FIELDS.items()]:
        columns = {field.name for field in apps.get_model(label)._meta.concrete_fields}
        assert names <= columns


def test_every_column_of_bytes_is_a_secret() -> None:
    """What is stored as bytes is a digest of something that no page shows."""
    for model in LISTS:
        secrets = SECRET_FIELDS.get(model._meta.label_lower, frozenset())
        digests = {
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, models.BinaryField)
        }
        assert digests <= secrets


def test_there_are_ways_to_try() -> None:
    tried = {path for _, path in PATHS}
    assert {"contact", "email", "password", "digest", "unit_items__contact"} <= tried
    assert {"bookings__contact", "departures__bookings__notes", "partner__users__age"} <= tried


def test_no_filter_in_an_address_reaches_a_hidden_column(clerk: Client) -> None:
    request = RequestFactory().get("/")
    request.user = User.objects.get()
    for model, path in PATHS:
        for lookup in (path, f"{path}__startswith", f"{path}__isnull", f"{path}__last__icontains"):
            assert not LISTS[model].lookup_allowed(lookup, "a", request), (model, lookup)


def test_the_page_refuses_it(clerk: Client) -> None:
    """Each path with one of the lookups in turn: that each is refused is the test above."""
    short = [(model, path) for model, path in PATHS if path.count("__") < 2]
    lookups = cycle(["startswith", "icontains", "isnull", "regex", "in"])
    for (model, path), lookup in zip(short, lookups, strict=False):
        answer = clerk.get(list_of(model), {f"{path}__{lookup}": "1"})
        assert answer.status_code == 400, (model, path, lookup)


def test_with_the_permission_personal_data_can_be_asked_for(desk: Desk) -> None:
    desk.confirmed(notes="walnuts")
    trusted = logged_in("bookings.view_booking", "bookings.view_personal_data")

    for word, found in (("walnuts", 1), ("almonds", 0)):
        page = trusted.get(list_of(Booking), {"notes__icontains": word})
        assert page.context["cl"].result_count == found


def test_secrets_are_hidden_from_every_staff_user(rosa: Client) -> None:
    for model, path in PATHS:
        if path in SECRET_FIELDS.get(model._meta.label_lower, ()):
            assert rosa.get(list_of(model), {f"{path}__startswith": "a"}).status_code == 400


def test_nothing_that_a_list_offers_reads_a_hidden_column(clerk: Client) -> None:
    """Filters with their counts, columns with their order, search and the default order."""
    request = RequestFactory().get("/")
    request.user = User.objects.get()

    offered = {model: set(paths_offered(page, request)) for model, page in LISTS.items()}

    assert [
        (model, path)
        for model, paths in offered.items()
        for path in paths
        if reads_hidden(model, path.lstrip("^=@"), shows_personal_data=False)
    ] == []


def paths_offered(page: admin.ModelAdmin, request: HttpRequest) -> list[str]:
    columns = page.get_list_display(request)
    orders = [getattr(getattr(page, name, None), "admin_order_field", name) for name in columns]
    filters = [
        entry[0] if isinstance(entry, tuple) else entry for entry in page.get_list_filter(request)
    ]
    return [
        *page.get_search_fields(request),
        *(str(path).lstrip("-") for path in (*orders, *page.get_ordering(request))),
        *(path for path in filters if isinstance(path, str)),
        page.date_hierarchy or "",
    ]


def test_every_list_and_its_facets_can_still_be_opened(clerk: Client) -> None:
    for model in LISTS:
        answer = clerk.get(list_of(model), {"_facets": "True"}, follow=True)

        assert answer.status_code == 200, model


def test_looking_a_row_up_for_a_field_searches_no_hidden_column(clerk: Client) -> None:
    field = {"app_label": "bookings", "model_name": "unititem", "field_name": "booking"}

    def found(term: str) -> int:
        return len(clerk.get("/admin/autocomplete/", field | {"term": term}).json()["results"])

    assert found(Booking.objects.get().supplier_reference) == 1
    assert [found(term) for term in ("clara", "duarte", "clara@example.com")] == [0, 0, 0]


@pytest.mark.parametrize(
    "query",
    [
        "supplier_reference__startswith=%00",
        "supplier_reference__regex=(",
        "supplier_reference__iregex=(a%2B)%2B$",
        "created_at__year=99999999999",
        "created_at__year=99999",
        "created_at__gte=yesterday",
        "uuid=x",
        "id__in=1,x",
        "places__gt=999999999999999999999999",
    ],
)
def test_a_filter_that_makes_no_sense_is_turned_away(rosa: Client, desk: Desk, query: str) -> None:
    desk.held()

    assert rosa.get(f"{list_of(Booking)}?{query}").status_code in (200, 302, 400)
