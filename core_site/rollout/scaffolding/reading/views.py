"""What a Django view tells of its endpoint: by its serializers, its settings and its code."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from rest_framework import pagination, serializers
from rest_framework.generics import GenericAPIView
from rest_framework.renderers import (
    BrowsableAPIRenderer,
    JSONRenderer,
    TemplateHTMLRenderer,
)
from rest_framework.request import Request

from core_site.rollout.routes import ApiRoute
from core_site.rollout.scaffolding.reading.code import Made, Reading, read_code
from core_site.rollout.scaffolding.reading.handlers import Handler, handler_of
from core_site.rollout.scaffolding.reading.limits import is_own, rules_of_the_whole
from core_site.rollout.scaffolding.reading.of_serializers import answer_of, body_of
from core_site.rollout.scaffolding.shapes import (
    ListOf,
    Member,
    Scalar,
    Shape,
    Thing,
    Unknown,
    or_null,
)

METHODS_WITH_BODY = ("POST", "PUT", "PATCH")

ANY_KEY = "Until that is said in the endpoint, any key is let in."

_STATUS_OF_ACTION = {"create": 201, "destroy": 204}

#: What REST framework's own pages have around their results.
_AROUND_PAGES = {
    pagination.PageNumberPagination: ("count", "next", "previous"),
    pagination.LimitOffsetPagination: ("count", "next", "previous"),
    pagination.CursorPagination: ("next", "previous"),
}


@dataclass(slots=True)
class Told:
    """``answer`` and ``body`` are None where there is none; so is ``scope`` where none is named."""

    label: str
    statuses: set[int]
    answer: Shape | None
    body: Shape | None = None
    query: Thing | None = None
    scope: str | None = None
    #: Calls of the domain's services that the view makes already, as an endpoint awaits them.
    services: tuple[str, ...] = ()
    questions: list[str] = field(default_factory=list)


def told_by(route: ApiRoute) -> Told:
    """Read everything that the route's view tells."""
    handler = handler_of(route)
    reading = Reading() if handler.action else read_code(handler.code, handler.kind)
    choose = _Chooser(handler, route)
    default_status = _STATUS_OF_ACTION.get(handler.action, 200)
    told = Told(
        label=handler.label,
        statuses=reading.statuses or {default_status},
        answer=_answer(handler, reading, choose),
        services=tuple(dict.fromkeys(reading.services)),
    )
    if route.method in METHODS_WITH_BODY:
        told.body = _body(handler, reading, choose)
    told.query = _query(reading, choose)
    scopes = handler.setting("scopes") or {}
    named = scopes.get(route.method)
    told.scope = str(getattr(named, "value", named)) if named is not None else None
    told.questions += choose.questions
    told.questions += _questions(handler, reading, told)
    return told


class _Chooser:
    """Makes the serializers of a view, also those that the view chooses by itself."""

    def __init__(self, handler: Handler, route: ApiRoute) -> None:
        self._handler = handler
        self._route = route
        self.questions: list[str] = []

    def shape(self, made: Made, read: Callable[[serializers.BaseSerializer], Shape]) -> Shape:
        """Return what ``read`` makes of the serializer; unknown if it cannot be made here."""
        context: dict[str, Any] = {}
        try:
            kind = made.kind
            if kind is None:
                view = self._view()
                kind, context = view.get_serializer_class(), view.get_serializer_context()
            options = {"many": True} if made.is_many else {}
            return read(kind(context=context, **options))
        # Whatever the site's own code raises without a real request, the question is the same.
        except Exception as failed:
            name = made.kind.__name__ if made.kind else "The serializer that the view chooses"
            return Unknown(f"{name} cannot be made without a request: {type(failed).__name__}.")

    def body(self, made: Made) -> Shape:
        def read(serializer: serializers.BaseSerializer) -> Shape:
            shape = body_of(serializer, is_partial=made.is_partial)
            is_empty = isinstance(shape, Thing) and not shape.members
            self.questions += [] if is_empty else _rules_within(serializer)
            return shape

        return self.shape(made, read)

    def _view(self) -> GenericAPIView:
        view = self._handler.kind(**self._handler.options)
        request = HttpRequest()
        request.method = self._route.method
        view.request, view.args, view.kwargs, view.format_kwarg = Request(request), (), {}, None
        view.action = self._handler.action or self._handler.code.__name__
        return view


def _rules_within(serializer: serializers.Field) -> Iterator[str]:
    if isinstance(serializer, serializers.ListSerializer):
        yield from _rules_within(serializer.child)
    elif isinstance(serializer, serializers.Serializer):
        yield from rules_of_the_whole(serializer)
        for part in serializer.fields.values():
            if not part.read_only:
                yield from _rules_within(part)


def _answer(handler: Handler, reading: Reading, choose: _Chooser) -> Shape | None:
    if handler.action:
        return _generic_answer(handler, choose)
    if reading.statuses == {204}:
        return None
    if reading.is_composed:
        return Unknown(f"{handler.label} puts it together by itself.")
    made = _distinct(reading, "answer")
    if not made and reading.answers_the_body:
        made = _distinct(reading, "body")
    if not made and handler.setting("serializer_class"):
        made = [Made(handler.setting("serializer_class"), "answer")]
    if not made:
        return Unknown(f"{handler.label} answers without a serializer.")
    if len(made) > 1:
        names = " and ".join(sorted(it.kind.__name__ if it.kind else "its own" for it in made))
        return Unknown(f"{handler.label} makes more than one serializer: {names}.")
    return choose.shape(made[0], answer_of)


def _generic_answer(handler: Handler, choose: _Chooser) -> Shape | None:
    if handler.action == "destroy":
        return None
    one = choose.shape(Made(None, "answer"), answer_of)
    if handler.action != "list":
        return one
    pages = handler.setting("pagination_class")
    if pages is None:
        return ListOf(one)
    around = [names for kind, names in _AROUND_PAGES.items() if issubclass(pages, kind)]
    if not around or is_own(pages, "get_paginated_response"):
        return Unknown(f"{pages.__name__} puts the pages together by itself.")
    shapes = {"count": Scalar(python="int")}
    link = or_null(Scalar(python="str"))
    members = [Member(name=it, shape=shapes.get(it, link)) for it in around[0]]
    name = one.name if isinstance(one, Thing) else "Answer"
    return Thing(f"{name}Page", (*members, Member(name="results", shape=ListOf(one))))


def _body(handler: Handler, reading: Reading, choose: _Chooser) -> Shape | None:
    if handler.action:
        return choose.body(Made(None, "body", is_partial=handler.action == "partial_update"))
    made = _distinct(reading, "body")
    if len(made) == 1:
        return choose.body(made[0])
    if made or reading.reads_body or not reading.is_whole:
        why = "with more than one serializer" if made else "without a serializer"
        return Unknown(f"{handler.label} reads it {why}.")
    return None


def _query(reading: Reading, choose: _Chooser) -> Thing | None:
    members: dict[str, Member] = {}
    name = "Parameters"
    for made in _distinct(reading, "query"):
        shape = choose.body(made)
        if isinstance(shape, Thing):
            members |= {it.name: it for it in shape.members}
            name = shape.name if shape.members else name
    for parameter in sorted(reading.parameters - set(members)):
        asks = ("Which values does the parameter `{path}` take? The view reads it by itself.",)
        text = or_null(Scalar(python="str"))
        members[parameter] = Member(
            name=parameter, shape=text, is_optional=True, default=None, asks=asks
        )
    return Thing(name, tuple(members.values())) if members else None


def _questions(handler: Handler, reading: Reading, told: Told) -> Iterator[str]:
    if told.scope is None:
        yield f"Who may call it, with which scope? {_said_of_scopes(handler)} {ANY_KEY}"
    for name, value in sorted(reading.headers.items()):
        yield f"What stands in the header `{name}` of the answer? The view sends {value}."
    known = (JSONRenderer, BrowsableAPIRenderer, TemplateHTMLRenderer)
    for renderer in handler.setting("renderer_classes") or ():
        if not issubclass(renderer, known):
            yield f"How is it answered as {renderer.media_type}? The view has {renderer.__name__}."
    if reading.refusals:
        listed = ", ".join(
            f"{what} (in {', '.join(sorted(where))})"
            for what, where in sorted(reading.refusals.items())
        )
        yield f"When is it refused, and as which refusals of the domain? The view knows {listed}."
    if handler.action == "list":
        for kind in (handler.setting("pagination_class"), *handler.setting("filter_backends", ())):
            if kind is not None:
                yield f"Which parameters does {kind.__name__} take from the query?"
    if not reading.is_whole:
        yield f"What else does {handler.label} do? Its code could not be read to the end."


def _said_of_scopes(handler: Handler) -> str:
    if handler.setting("scopes"):
        return "The view's `scopes` do not name this method."
    allowed = handler.setting("permission_classes") or ()
    names = ", ".join(getattr(it, "__name__", type(it).__name__) for it in allowed)
    return f"The view's permissions are {names}." if names else "The view does not say."


def _distinct(reading: Reading, use: str) -> list[Made]:
    return list(dict.fromkeys(it for it in reading.made if it.use == use))
