"""The service of an endpoint, still without a body, and the values that it deals in."""

from core_site.rollout.scaffolding.facts import Facts
from core_site.rollout.scaffolding.naming import attribute_of, parameters_of
from core_site.rollout.scaffolding.shapes import NOTHING, Member, Thing, things_in
from core_site.rollout.scaffolding.writing.python_text import (
    module,
    quoted,
    quoted_docstring,
)
from core_site.rollout.scaffolding.writing.types import in_domain

#: What a path's parameter is in the domain, by the kind that Django's URLconf gives it.
PYTHON_OF_KIND = {"int": "int", "uuid": "UUID"}

#: Names that the service and the endpoint use for what does not come with the request.
_OWN = frozenset({"access", "asked", "caller", "changed", "found", "new", "now", "store"})

_SOURCES = {"Access": "shared_domain.partners"}


def body_name(facts: Facts) -> str:
    """Return what the request's body is called in a signature."""
    return "new" if facts.method == "POST" else "changed"


def local_name(name: str) -> str:
    """Return what a parameter of the path or the query is called in a signature."""
    attribute = attribute_of(name)
    return f"{attribute}_" if attribute in _OWN else attribute


def values_of(facts: Facts) -> list[Thing]:
    """Return the objects that become classes of the domain."""
    return list({it.name: it for it in (*things_in(facts.body), *things_in(facts.answer))}.values())


def model_module(facts: Facts) -> str:
    """Return the text of the values."""
    classes = [_dataclass(it) for it in values_of(facts)]
    return module(f"What is known of {facts.names.feature}.", *classes, sources=_SOURCES)


def services_module(facts: Facts) -> str:
    """Return the text of the service, which uses the values of ``model.py``."""
    where = f"shared_domain.{facts.names.feature}.model"
    values = {it.name: where for it in values_of(facts)}
    docstring = f"What can be done with {facts.names.feature}: load, decide, save."
    return module(docstring, _store(facts), _service(facts), sources={**_SOURCES, **values})


def single_module(facts: Facts) -> str:
    """Return values and service in one text, for a feature that has other services already."""
    classes = [_dataclass(it) for it in values_of(facts)]
    docstring = f"{facts.names.summary}: load, decide, save."
    return module(docstring, *classes, _store(facts), _service(facts), sources=_SOURCES)


def front_module(facts: Facts) -> str:
    """Return the ``__init__`` of a new feature: what other packages may use."""
    names = facts.names
    values = [it.name for it in values_of(facts)]
    where = f"shared_domain.{names.feature}"
    imports = [f"from {where}.services import {names.operation}, {names.store}"]
    if values:
        imports.insert(0, f"from {where}.model import {', '.join(values)}")
    public = [
        "    # What can be done",
        f'    "{names.operation}",',
        "    # With what",
        *(f'    "{it}",' for it in sorted([*values, names.store])),
    ]
    listed = "\n".join(["__all__ = [", *public, "]"])
    docstring = f"{names.feature.replace('_', ' ').capitalize()}, as partners ask for them."
    return module(docstring, "\n".join(imports), listed, sources={})


def _dataclass(thing: Thing) -> str:
    fields = "\n".join(f"    {_field(it)}" for it in thing.members) or "    pass"
    docstring = f"{quoted_docstring(thing.doc, indent='    ')}\n\n" if thing.doc else ""
    return (
        "@dataclass(frozen=True, slots=True, kw_only=True)\n"
        f"class {thing.name}:\n{docstring}{fields}"
    )


def _field(member: Member) -> str:
    kind = in_domain(member.shape)
    declared = f"{attribute_of(member.name)}: {kind}"
    if not member.is_optional or member.default is not NOTHING:
        return declared
    return f"{declared} = None" if kind.endswith("| None") else f"{declared} | None = None"


def _store(facts: Facts) -> str:
    return f'class {facts.names.store}(Protocol):\n    """What the services need from the world."""'


def _service(facts: Facts) -> str:
    parameters = [
        f"{local_name(it)}: {PYTHON_OF_KIND.get(facts.kinds.get(it, ''), 'str')}"
        for it in parameters_of(facts.path)
    ]
    named = []
    if facts.query:
        named += [f"{local_name(it.name)}: {_query_type(it)}" for it in facts.query.members]
    if facts.body:
        named.append(f"{body_name(facts)}: {in_domain(facts.body)}")
    named.append("access: Access")
    if not facts.is_read:
        named.append("now: datetime")
    named.append(f"store: {facts.names.store}")
    answer = in_domain(facts.answer) if facts.answer else "None"
    message = f"write {facts.names.operation}: do what {facts.label} does"
    return (
        f"async def {facts.names.operation}({', '.join([*parameters, '*', *named])}) -> {answer}:\n"
        f'    """Do what ``{facts.title}`` asks for."""\n'
        f"    raise NotImplementedError({quoted(message)})"
    )


def _query_type(member: Member) -> str:
    kind = in_domain(member.shape)
    is_absent = member.is_optional and member.default is NOTHING and not kind.endswith("| None")
    return f"{kind} | None" if is_absent else kind
