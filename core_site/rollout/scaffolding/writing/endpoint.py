"""The endpoint: its route, who may call it, the service that it awaits, and the answer."""

from dataclasses import dataclass

from core_site.rollout.scaffolding.facts import Facts
from core_site.rollout.scaffolding.naming import attribute_of, class_name, parameters_of
from core_site.rollout.scaffolding.shapes import (
    NOTHING,
    Member,
    Shape,
    Thing,
    or_null,
    things_in,
)
from core_site.rollout.scaffolding.writing.domain import (
    PYTHON_OF_KIND,
    body_name,
    local_name,
)
from core_site.rollout.scaffolding.writing.python_text import (
    arguments,
    literal,
    module,
    quoted,
)
from core_site.rollout.scaffolding.writing.types import (
    converted,
    converter_of,
    in_answer,
    in_domain,
    in_request,
)

_SOURCES = {
    **dict.fromkeys(["APIRouter", "Body", "Depends", "Path", "Query"], "fastapi"),
    **dict.fromkeys(["NOT_A_PARAMETER", "problem_responses"], "api_edge.v1.openapi_responses"),
    **dict.fromkeys(["V1Route", "WITHOUT_PARAMETERS", "v1_router"], "api_edge.v1.route"),
    **dict.fromkeys(["Caller", "authenticate"], "api_edge.auth.authentication"),
    "Scope": "shared_domain.partners",
    "current_time": "api_edge.wiring",
}

#: What Starlette calls a parameter that takes only this kind.
CONVERTORS = {"int": ":int", "uuid": ":uuid", "path": ":path"}

_NOT_A_FIELD = """NOT_A_FIELD = {
    "field": "colour",
    "rule": "known_field",
    "given": "text",
    "message": "is not a field of this request",
}"""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the parts of the endpoint are. ``caller`` is a type of ``api_edge.auth``.

    ``domain`` is the module of the service, as in ``shared_domain.users``; None where the view
    runs services already, which the endpoint is to await as well. ``scope`` is the Scope's name.
    """

    schemas: str
    domain: str | None
    caller: str | None
    scope: str | None


def endpoint_module(facts: Facts, place: Place) -> str:
    """Return the text of the endpoint."""
    has_service = place.domain is not None
    things = [it for it in (facts.query, facts.body, facts.answer) if it]
    schemas = {it.name: place.schemas for thing in things for it in things_in(thing)}
    sources = {**_SOURCES, **schemas}
    if place.caller:
        sources[place.caller] = "api_edge.auth.authentication"
    if place.domain:
        package, _, qualifier = place.domain.rpartition(".")
        sources[qualifier] = package
    blocks = [
        _router(facts),
        _NOT_A_FIELD if facts.body and place.scope else "",
        _store(facts, place) if has_service else "",
        _endpoint(facts, place),
        *(_to_domain(it, facts, place) for it in things_in(facts.body) if has_service),
        *(_to_answer(it, place) for it in reversed(things_in(facts.answer)) if has_service),
    ]
    return module(f"``{facts.title}``.", *blocks, sources=sources)


def _router(facts: Facts) -> str:
    tag = literal(facts.names.tag)
    if facts.prefix == "/v1/":
        return f"router = v1_router({tag})"
    return (
        f'router = APIRouter(prefix="{facts.prefix.rstrip("/")}", tags=[{tag}], '
        "route_class=V1Route, generate_unique_id_function=lambda route: route.name)"
    )


def _store(facts: Facts, place: Place) -> str:
    message = (
        f"give {facts.names.operation} its store: write shared_domain/{facts.names.feature}/"
        "sql_store.py and a dependency in api_edge/wiring.py, and use that one here"
    )
    store = f"{_qualifier(place)}.{facts.names.store}"
    return (
        f"async def _store() -> {store}:\n"
        '    """Stand where the wiring is still missing."""\n'
        f"    raise NotImplementedError({quoted(message)})\n\n\n"
        f"{_store_type(facts)} = Annotated[{store}, Depends(_store)]"
    )


def _store_type(facts: Facts) -> str:
    return f"{class_name(facts.names.feature)}To{'Read' if facts.is_read else 'Write'}"


def _endpoint(facts: Facts, place: Place) -> str:
    path = "/" + facts.path.removeprefix(facts.prefix)
    for name, kind in facts.kinds.items():
        path = path.replace(f"{{{name}}}", f"{{{name}{CONVERTORS.get(kind, '')}}}")
    status = "" if facts.status == 200 else f"status_code={facts.status}"
    options = [
        literal(path),
        f"summary={literal(facts.names.summary)}",
        status,
        "" if facts.query else "dependencies=WITHOUT_PARAMETERS",
        _responses(facts, place),
    ]
    answer = in_answer(facts.answer) if facts.answer else "None"
    signature = f"async def {facts.names.operation}({arguments(_parameters(facts, place))})"
    return (
        f"@router.{facts.method.lower()}({arguments(options)})\n"
        f"{signature} -> {answer}:\n"
        f'    """Answer ``{facts.title}``."""\n'
        f"{_body(facts, place)}"
    )


def _responses(facts: Facts, place: Place) -> str:
    if place.scope is None:
        return ""
    flaw = "example=NOT_A_FIELD, has_body=True" if facts.body else "example=NOT_A_PARAMETER"
    return f"responses=problem_responses(scope=Scope.{place.scope}, {flaw})"


def what_is_sent(facts: Facts) -> list[str]:
    """Return the parameters of a function for what callers send: path, query and body."""
    parameters = []
    for name in parameters_of(facts.path):
        local = local_name(name)
        alias = "" if local == name else f"alias={literal(name)}"
        kind = PYTHON_OF_KIND.get(facts.kinds.get(name, ""), "str")
        parameters.append(f"{local}: Annotated[{kind}, Path({alias})]")
    if facts.query:
        parameters.append(f"asked: Annotated[{facts.query.name}, Query()]")
    if facts.body:
        kind = in_request(facts.body)
        is_object = isinstance(facts.body, Thing)
        parameters.append(
            f"{body_name(facts)}: {kind if is_object else f'Annotated[{kind}, Body()]'}"
        )
    return parameters


def _parameters(facts: Facts, place: Place) -> list[str]:
    parameters = what_is_sent(facts)
    parameters.append(f"caller: {place.caller or 'Annotated[Caller, Depends(authenticate)]'}")
    if place.domain:
        parameters.append(f"store: {_store_type(facts)}")
    return parameters


def _body(facts: Facts, place: Place) -> str:
    if place.domain is None:
        services = " and ".join(facts.services)
        message = f"write {facts.names.operation} as {facts.label} is: await {services}"
        return f"    raise NotImplementedError({quoted(message)})"
    given = [local_name(it) for it in parameters_of(facts.path)]
    if facts.query:
        given += [
            f"{local_name(it.name)}=asked.{attribute_of(it.name)}" for it in facts.query.members
        ]
    if facts.body:
        body = converted(facts.body, body_name(facts), is_to_domain=True)
        given.append(f"{body_name(facts)}={body}")
    given.append("access=caller.access")
    if not facts.is_read:
        given.append("now=current_time()")
    call = (
        f"await {_qualifier(place)}.{facts.names.operation}({arguments([*given, 'store=store'])})"
    )
    if facts.answer is None:
        return f"    {call}"
    answered = converted(facts.answer, "found", is_to_domain=False)
    if answered == "found":
        return f"    return {call}"
    return f"    found = {call}\n    return {answered}"


def _to_domain(thing: Thing, facts: Facts, place: Place) -> str:
    name = f"{_qualifier(place)}.{thing.name}"
    return _converter(thing, f"sent: {thing.name}", name, is_to_domain=True)


def _to_answer(thing: Thing, place: Place) -> str:
    given = in_domain(thing, qualifier=_qualifier(place))
    return _converter(thing, f"sent: {given}", thing.name, is_to_domain=False)


def _converter(thing: Thing, parameter: str, result: str, *, is_to_domain: bool) -> str:
    fields = [
        f"{attribute_of(it.name)}="
        + converted(_as_held(it), f"sent.{attribute_of(it.name)}", is_to_domain=is_to_domain)
        for it in thing.members
    ]
    return (
        f"def {converter_of(thing)}({parameter}) -> {result}:\n"
        f"    return {result}({arguments(fields)})"
    )


def _as_held(member: Member) -> Shape:
    """Return the shape of an attribute, which is None where the key may be left out."""
    is_absent = member.is_optional and member.default is NOTHING
    return or_null(member.shape) if is_absent else member.shape


def _qualifier(place: Place) -> str:
    return (place.domain or "").rpartition(".")[2]
