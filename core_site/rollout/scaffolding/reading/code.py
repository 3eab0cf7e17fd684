"""What the code of a view does, as far as its text tells: nothing is run."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from rest_framework.serializers import BaseSerializer

_FRAMEWORKS = ("rest_framework", "django")

#: Calls that raise, by name.
_RAISING = {"get_object_or_404": Http404, "get_list_or_404": Http404, "get_object": Http404}


@dataclass(frozen=True, slots=True)
class Made:
    """A serializer that the code makes; ``kind`` is None where the view chooses it by itself."""

    kind: type[BaseSerializer] | None
    #: "answer", "body", or "query"
    use: str
    is_many: bool = False
    is_partial: bool = False


@dataclass(slots=True)
class Reading:
    """What was found. ``is_whole`` is False where code could not be read."""

    made: list[Made] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    #: What the view sets, each with the expression of its value.
    headers: dict[str, str] = field(default_factory=dict)
    #: What it raises or answers instead, with the functions that do.
    refusals: dict[str, set[str]] = field(default_factory=dict)
    #: Of the query, read one by one without a serializer.
    parameters: set[str] = field(default_factory=set)
    reads_body: bool = False
    #: Calls of the domain's services, as an endpoint would await them.
    services: list[str] = field(default_factory=list)
    #: The view puts its answer together from parts.
    is_composed: bool = False
    #: The answer is what the serializer of the body has stored.
    answers_the_body: bool = False
    is_whole: bool = True

    def can_refuse(self, what: str, *, where: str) -> None:
        self.refusals.setdefault(what, set()).add(where)


def read_code(code: Callable[..., Any], kind: type | None) -> Reading:
    """Read the code of a view, and of the functions and methods of the site's own that it calls.

    Serializers that are made elsewhere than in the view's own module do not count as its answers.
    """
    reading = Reading()
    _read_one(code, kind, reading, home=code.__module__, seen=set())
    return reading


def _read_one(
    code: Callable[..., Any], kind: type | None, reading: Reading, *, home: str, seen: set[str]
) -> None:
    seen.add(code.__qualname__)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, SyntaxError):
        reading.is_whole = False
        return
    names = _Names(code, kind)
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                _read_call(node, names, reading, is_home=code.__module__ == home, where=tree)
                called = names.own_code(node.func)
                if called is not None and called.__qualname__ not in seen:
                    _read_one(called, kind, reading, home=home, seen=seen)
            case ast.Raise(exc=ast.Call(func=raised)) | ast.Raise(exc=ast.Name() as raised):
                reading.can_refuse(ast.unparse(raised), where=code.__name__)
            case ast.Attribute(
                value=ast.Name(id="request"), attr="data" | "POST" | "body" | "FILES"
            ):
                reading.reads_body = True
            case ast.Attribute(value=ast.Attribute(attr="request"), attr="data" | "POST" | "body"):
                reading.reads_body = True
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(name))) as place]):
                if ast.unparse(place.value).rpartition(".")[2] in ("headers", "response"):
                    reading.headers[name] = ast.unparse(node.value)
            case ast.Subscript(slice=ast.Constant(value=str(name)), value=ast.Attribute() as asked):
                if asked.attr in ("query_params", "GET"):
                    reading.parameters.add(name)


class _Names:
    """What the names in a function's text stand for."""

    def __init__(self, code: Callable[..., Any], kind: type | None) -> None:
        inner = inspect.unwrap(code)
        self._known = {**inner.__globals__, **inspect.getclosurevars(inner).nonlocals}
        self._kind = kind

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Name():
                return self._known.get(node.id)
            case ast.Attribute(value=ast.Name(id="self")):
                return getattr(self._kind, node.attr, None)
            case ast.Attribute():
                return getattr(self.value(node.value), node.attr, None)
            case ast.Constant():
                return node.value
        return None

    def own_code(self, node: ast.expr) -> Callable[..., Any] | None:
        """Return the function, if it is of the site's own views and not of a framework.

        A function of another module is followed only as a method of the view's own class: what
        services and queries do is not the view's text any more.
        """
        found = self.value(node)
        if not inspect.isfunction(found):
            return None
        is_method = isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"
        is_near = is_method or found.__module__ == self._known.get("__name__")
        return found if is_near and not found.__module__.startswith(_FRAMEWORKS) else None


def _read_call(
    call: ast.Call, names: _Names, reading: Reading, *, is_home: bool, where: ast.Module
) -> None:
    found = names.value(call.func)
    text = ast.unparse(call.func)
    given = {it.arg: it.value for it in call.keywords if it.arg}
    if inspect.isclass(found) and issubclass(found, BaseSerializer):
        reading.made += _made(found, call, given, is_home)
    elif text in ("self.get_serializer", "self.serializer_class") and is_home:
        reading.made += _made(None, call, given, is_home)
    elif inspect.isclass(found) and issubclass(found, HttpResponseBase):
        is_accepted = _read_response(call, given, names, reading)
        if is_accepted and is_home and call.args:
            _read_answer(call.args[0], where, reading)
    elif text.rpartition(".")[2] == "run_now" and isinstance(call.args[0], ast.Call):
        service = names.value(call.args[0].func)
        if getattr(service, "__module__", "").startswith("shared_domain."):
            reading.services.append(_as_awaited(call.args[0]))
    elif text.rpartition(".")[2] in _RAISING:
        name = text.rpartition(".")[2]
        reading.can_refuse(_RAISING[name].__name__, where=name)
    elif text.endswith((".query_params.get", ".GET.get", ".query_params.getlist", ".GET.getlist")):
        reading.parameters |= set(_texts(call.args[:1]))
    # A class that is handed over to a helper of the view's own: ``self.read_query(request, Kind)``.
    for handed in call.args:
        kind = names.value(handed)
        if inspect.isclass(kind) and issubclass(kind, BaseSerializer) and is_home:
            reading.made.append(Made(kind, "query" if "query" in text else "body"))


def _made(
    kind: type[BaseSerializer] | None, call: ast.Call, given: dict[str, ast.expr], is_home: bool
) -> Iterator[Made]:
    if "data" in given:
        source = ast.unparse(given["data"])
        use = "query" if "query_params" in source or ".GET" in source else "body"
        yield Made(kind, use, _is_true(given.get("many")), _is_true(given.get("partial")))
    elif is_home and (call.args or "instance" in given):
        yield Made(kind, "answer", _is_true(given.get("many")))


def _read_response(
    call: ast.Call, given: dict[str, ast.expr], names: _Names, reading: Reading
) -> bool:
    """Note the status and the headers; return whether it is an answer and not a refusal."""
    status = given.get("status", call.args[1] if len(call.args) > 1 else ast.Constant(200))
    value = names.value(status)
    if isinstance(value, int) and value >= 400:
        reading.can_refuse(f"status {value}", where="a response")
        return False
    if isinstance(value, int):
        reading.statuses.add(value)
    else:
        reading.is_whole = False
    headers = given.get("headers")
    if isinstance(headers, ast.Dict):
        named = zip(headers.keys, headers.values, strict=True)
        reading.headers |= {
            name: ast.unparse(value) for key, value in named for name in _texts([key])
        }
    return True


def _read_answer(answer: ast.expr, where: ast.Module, reading: Reading) -> None:
    if isinstance(answer, ast.Name):
        assigned = [
            it.value
            for it in ast.walk(where)
            if isinstance(it, ast.Assign) and ast.unparse(it.targets[0]) == answer.id
        ]
        answer = assigned[-1] if assigned else answer
    match answer:
        case ast.Attribute(attr="data", value=ast.Name()):
            reading.answers_the_body = True
        case ast.Attribute(attr="data") | ast.Name() | ast.Constant(value=None):
            pass
        case _:
            reading.is_composed = True


def _as_awaited(call: ast.Call) -> str:
    """Return the call of a service as an endpoint has it, save what the view alone knows."""
    text = ast.unparse(call).replace("request.auth", "caller")
    return re.sub(r"\bstores\.\w+\(\)", "store", text).replace("timezone.now()", "current_time()")


def _texts(nodes: Sequence[ast.expr | None]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
