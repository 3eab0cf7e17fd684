"""The schemas of an endpoint: what it asks and answers, as classes of Pydantic."""

from collections.abc import Iterator

from core_site.rollout.scaffolding.facts import Facts
from core_site.rollout.scaffolding.naming import attribute_of, needs_alias
from core_site.rollout.scaffolding.shapes import NOTHING, Member, Thing, things_in
from core_site.rollout.scaffolding.writing.python_text import (
    arguments,
    literal,
    module,
    quoted,
    quoted_docstring,
)
from core_site.rollout.scaffolding.writing.types import in_answer, in_request

SOURCES = {
    **dict.fromkeys(["ResponseModel", "StrictRequestModel"], "api_edge.http.strict_models"),
    **dict.fromkeys(
        ["BeforeValidator", "Field", "PlainSerializer", "StringConstraints"], "pydantic"
    ),
    "PydanticKnownError": "pydantic_core",
}

#: Functions that a schema may need, by name.
_FUNCTIONS = {
    "_only_text": '''
def _only_text(value: object) -> object:
    """Refuse what is not text; Pydantic would take a number for a moment."""
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    return value
''',
    "_number": '''
def _number(value: object) -> object:
    """Read a number of the query, where everything is text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value
''',
    "_left_out": '''
def _left_out() -> Any:
    """Stand for a field that was left out; a null that was sent is refused."""
    return None
''',
}


def has_schemas(facts: Facts) -> bool:
    """Return whether anything that is asked or answered is an object."""
    return any(things_in(it) for it in (facts.answer, facts.body, facts.query))


def schemas_module(facts: Facts) -> str:
    """Return the text of the schemas."""
    classes = [
        *(_asked(it, is_query=True) for it in things_in(facts.query)),
        *(_asked(it) for it in things_in(facts.body)),
        *(_answer(it) for it in things_in(facts.answer)),
    ]
    text = "\n\n\n".join(classes)
    functions = [it for name, it in _FUNCTIONS.items() if name in text]
    return module(
        f"``{facts.title}`` as it is asked for and answered.", *functions, text, sources=SOURCES
    )


def _answer(thing: Thing) -> str:
    return _class(thing, "ResponseModel", (_answered_field(it) for it in thing.members))


def _asked(thing: Thing, *, is_query: bool = False) -> str:
    return _class(thing, "StrictRequestModel", (_asked_field(it, is_query) for it in thing.members))


def _class(thing: Thing, base: str, fields: Iterator[str]) -> str:
    docstring = quoted_docstring(thing.doc, indent="    ") if thing.doc else ""
    body = "\n".join(f"    {it}" for it in fields)
    inside = "\n\n".join(part for part in (docstring, body) if part) or "    pass"
    return f"class {thing.name}({base}):\n{inside}"


def _answered_field(member: Member) -> str:
    kind = in_answer(member.shape)
    options = list(_options(member))
    if member.is_optional:
        kind = kind if kind.endswith("| None") else f"{kind} | None"
        options = ["default=None", "exclude_if=lambda it: it is None", *options]
    return _field(member, kind, options)


def _asked_field(member: Member, is_query: bool) -> str:
    kind = in_request(member.shape, is_query=is_query)
    options = list(_options(member))
    if member.default is not NOTHING:
        options = [f"default={literal(member.default)}", *options]
    elif member.is_optional:
        is_nullable = kind.endswith("| None")
        options = ["default=None" if is_nullable else "default_factory=_left_out", *options]
    return _field(member, kind, options)


def _options(member: Member) -> Iterator[str]:
    if needs_alias(member.name):
        yield f"alias={literal(member.name)}"
    if member.help:
        yield f"description={quoted(member.help)}"


def _field(member: Member, kind: str, options: list[str]) -> str:
    declared = f"{attribute_of(member.name)}: {kind}"
    if not options:
        return declared
    if len(options) == 1 and options[0].startswith("default="):
        return f"{declared} = {options[0].removeprefix('default=')}"
    return f"{declared} = Field({arguments(options)})"
