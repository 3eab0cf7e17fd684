"""API routes are read from Django's URLconf: method, path template and view."""

from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)
from rest_framework.decorators import api_view
from rest_framework.routers import DefaultRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from core_site.partner_api.statements import Statement
from core_site.rollout.checks import check_route_templates
from core_site.rollout.routes import api_routes, patterns_without_template


def listed(*patterns: Any, prefixes: tuple[str, ...] = ("/",)) -> list[str]:
    """Return ``GET /path`` for each endpoint of a URLconf with these patterns."""
    routes = api_routes(urlconf_of(*patterns), prefixes)
    return [f"{route.method} {route.path_template}" for route in routes]


def urlconf_of(*patterns: Any) -> Any:
    return tuple(patterns)


def anything(request: HttpRequest, **parameters: object) -> HttpResponse:
    return HttpResponse()


def test_the_endpoints_of_this_site() -> None:
    routes = api_routes()

    assert [f"{route.method} {route.path_template}" for route in routes] == [
        "GET /v1/users",
        "POST /v1/users",
        "GET /v1/users/{id}",
        "PATCH /v1/users/{id}",
        "DELETE /v1/users/{id}",
        "GET /v1/statements",
        "GET /v1/statements/{month}",
    ]
    assert routes[-1].view.cls is Statement
    assert routes[-1].kinds == (("month", "str"),)
    assert patterns_without_template() == []


def test_converters_are_parameters_of_a_kind() -> None:
    patterns = [
        path("a/<int:pk>", require_GET(anything)),
        path("b/<uuid:x>/c/<slug:name>", require_GET(anything)),
        path("d/<plain>", require_GET(anything)),
        path("e/<path:rest>", require_GET(anything)),
    ]

    routes = api_routes(urlconf_of(*patterns), ("/",))

    assert [route.path_template for route in routes] == [
        "/a/{pk}",
        "/b/{x}/c/{name}",
        "/d/{plain}",
        "/e/{rest}",
    ]
    assert [dict(route.kinds) for route in routes] == [
        {"pk": "int"},
        {"x": "uuid", "name": "slug"},
        {"plain": "str"},
        {"rest": "path"},
    ]


def test_included_patterns_are_found_at_any_depth() -> None:
    inner = include(([path("<int:pk>/notes", require_GET(anything))], "inner"))
    outer = include([path("orders/", inner), re_path(r"^old/", inner)])

    assert listed(path("v1/", outer)) == ["GET /v1/orders/{pk}/notes", "GET /v1/old/{pk}/notes"]


def test_only_paths_below_the_prefixes_are_endpoints() -> None:
    patterns = [path("v1/a", require_GET(anything)), path("v10/b", require_GET(anything))]
    elsewhere = path("api/c", require_GET(anything))

    assert listed(*patterns, elsewhere, prefixes=("/v1/", "/api/")) == ["GET /v1/a", "GET /api/c"]


def test_the_setting_names_the_prefixes(settings: Any) -> None:
    settings.ENDPOINT_PREFIXES = ["/admin/login/", "/health"]

    assert {route.path_template for route in api_routes()} == {
        "/admin/login/",
        "/health",
        "/health/ready",
    }


def test_a_language_in_the_path_counts_for_nothing() -> None:
    patterns = i18n_patterns(path("v1/a", require_GET(anything)))

    assert listed(*patterns) == ["GET /v1/a"]


@pytest.mark.parametrize(
    ("regex", "templates"),
    [
        (r"^users/(?P<id>[0-9]+)$", ["/users/{id}"]),
        (r"^users/([0-9]+)/notes/(\d+)$", ["/users/{arg1}/notes/{arg2}"]),
        (r"^users/?$", ["/users", "/users/"]),
        (r"^a/(?:b/)?c\Z", ["/a/c", "/a/b/c"]),
        (r"^(?:old|new)/list$", ["/old/list", "/new/list"]),
        (r"^report\.csv$", ["/report.csv"]),
        (r"^users\.(?P<format>[a-z0-9()]+)/?$", ["/users.{format}", "/users.{format}/"]),
        (r"^x/(?P<kind>(a|b\)))$", ["/x/{kind}"]),
    ],
)
def test_a_regular_expression_with_a_template(regex: str, templates: list[str]) -> None:
    assert listed(re_path(regex, require_GET(anything))) == [
        f"GET {template}" for template in templates
    ]


@pytest.mark.parametrize(
    "regex",
    [
        r"^users",  # anything may follow
        r"users$",  # anything may come before
        r"^users/[0-9]+$",  # the view never learns which
        r"^users/\d$",
        r"^us.rs$",
        r"^users/x*$",
        r"^users/(?!me)(?P<id>\w+)$",
        r"^users/(?P<id>\w+)+$",
    ],
)
def test_a_regular_expression_without_one_is_named_and_not_guessed(regex: str) -> None:
    patterns = urlconf_of(path("v1/", include([re_path(regex, anything)])))

    assert api_routes(patterns, ("/v1/",)) == []
    assert patterns_without_template(patterns, ("/v1/",)) == [regex]
    assert patterns_without_template(patterns, ("/v2/",)) == []


def test_a_class_serves_what_it_has_handlers_for() -> None:
    class Both(View):
        def get(self, request: HttpRequest) -> HttpResponse: ...
        def delete(self, request: HttpRequest) -> HttpResponse: ...

    class Restricted(Both):
        http_method_names = ["delete", "options"]

    class Rest(APIView):
        def put(self, request: Any) -> None: ...
        def patch(self, request: Any) -> None: ...
        def head(self, request: Any) -> None: ...

    assert listed(
        path("a", Both.as_view()),
        path("b", Restricted.as_view()),
        path("c", csrf_exempt(Both.as_view(http_method_names=["get"]))),
        path("d", Rest.as_view()),
        path("e", require_POST(Both.as_view())),
        path("f", View.as_view()),
    ) == ["GET /a", "DELETE /a", "DELETE /b", "GET /c", "PUT /d", "PATCH /d"]


def test_a_view_set_serves_its_actions() -> None:
    class Boats(ViewSet):
        def list(self, request: Any) -> None: ...
        def create(self, request: Any) -> None: ...
        def retrieve(self, request: Any, pk: str) -> None: ...
        def destroy(self, request: Any, pk: str) -> None: ...

    router = DefaultRouter(trailing_slash=False)
    router.include_root_view = False
    router.include_format_suffixes = False
    router.register("boats", Boats, basename="boat")

    assert listed(path("v1/", include(router.urls))) == [
        "GET /v1/boats",
        "POST /v1/boats",
        "GET /v1/boats/{pk}",
        "DELETE /v1/boats/{pk}",
    ]


def test_a_function_serves_what_its_decorator_says() -> None:
    @api_view(["GET", "PUT"])
    def rest(request: Any) -> None: ...

    def by_hand(request: HttpRequest) -> HttpResponse:
        if request.method in ("PATCH", "DELETE"):
            return HttpResponse(status=204)
        return HttpResponse()

    assert listed(
        path("a", rest),
        path("b", require_http_methods(["HEAD", "OPTIONS", "DELETE"])(anything)),
        path("c", csrf_exempt(require_POST(anything))),
        path("d", require_safe(anything)),
        path("e", anything),
        path("f", by_hand),
    ) == [
        "GET /a", "PUT /a", "DELETE /b", "POST /c", "GET /d", "GET /e", "POST /e",
        "GET /f", "POST /f", "PATCH /f", "DELETE /f",
    ]  # fmt: skip


def test_of_two_routes_to_one_address_the_first_one_answers() -> None:
    first, second = require_GET(anything), require_GET(csrf_exempt(anything))

    routes = api_routes(urlconf_of(path("a/<x>", first), path("a/<y>", second)), ("/",))

    assert [route.view for route in routes] == [first]


def test_checking_the_site_warns_of_what_cannot_move(settings: Any) -> None:
    assert check_route_templates() == []

    settings.ROOT_URLCONF = urlconf_of(re_path(r"^v1/[a-z]+$", anything))

    (warning,) = check_route_templates()
    assert warning.id == "portico.W002"
    assert r"'^v1/[a-z]+$'" in warning.msg
