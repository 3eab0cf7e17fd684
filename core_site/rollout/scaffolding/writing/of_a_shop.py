"""The files of a shop of one's own: an endpoint beside its ``edge.py`` (MOVING_A_SHOP.md)."""

from core_site.rollout.scaffolding.facts import Facts
from core_site.rollout.scaffolding.reading.views import ANY_KEY
from core_site.rollout.scaffolding.shapes import things_in
from core_site.rollout.scaffolding.writing.both_doors import question_tests
from core_site.rollout.scaffolding.writing.endpoint import CONVERTORS, what_is_sent
from core_site.rollout.scaffolding.writing.python_text import (
    arguments,
    literal,
    module,
    quoted,
)
from core_site.rollout.scaffolding.writing.types import in_answer

_SOURCES = {
    **dict.fromkeys(["APIRouter", "Body", "Depends", "Path", "Query", "Request"], "fastapi"),
    **dict.fromkeys(["read_database", "write_transaction"], "api_edge.wiring"),
}


def shops_endpoint_module(facts: Facts, *, schemas: str) -> str:
    """Return the text of the endpoint; ``schemas`` is the module of its schemas."""
    things = [it for it in (facts.query, facts.body, facts.answer) if it]
    sources = {it.name: schemas for thing in things for it in things_in(thing)}
    blocks = ["router = APIRouter()", _authenticated(facts), _endpoint(facts)]
    return module(f"``{facts.title}``.", *blocks, sources={**_SOURCES, **sources})


def shops_test_module(facts: Facts, *, package: str) -> str:
    """Return the text of the test: the edge has the endpoint, and what is still to be said."""
    has_it = (
        "def test_the_edge_has_it() -> None:\n"
        "    routes = {(method, it.path) for it in app.routes for method in "
        'getattr(it, "methods", None) or ()}\n\n'
        f"    assert ({literal(facts.method)}, {literal(_path(facts))}) in routes"
    )
    blocks = [has_it, *question_tests(questions_of_a_shop(facts))]
    docstring = f"``{facts.title}`` is the edge's as well; ``rollout replay`` compares both."
    text = module(docstring, *blocks, sources={"app": f"{package}.edge", "pytest": "pytest"})
    return text.replace("from pytest import pytest", "import pytest")


def questions_of_a_shop(facts: Facts) -> tuple[str, ...]:
    """Return what could not be inferred."""
    asked = [it.replace(ANY_KEY, "").strip() for it in facts.questions]
    who = f"Whom does {facts.label} let in? Let in the same callers in _authenticated."
    return tuple(dict.fromkeys([*asked, who]))


def shops_lines_by_hand(facts: Facts, *, package: str, module: str) -> str:
    """Return the lines to add to the shop's existing files, and the commands that follow."""
    name = f"{facts.method} '{facts.path}'"
    steps = {
        f"{package}/edge.py": (
            f"from {package} import {module}\n\n"
            f"app = create_edge([*router.routes, *{module}.router.routes])"
        ),
        f"{package}/callers.py, which PORTICO_IDENTIFY_CALLER names": (
            "async def identify(request: Request) -> str | None: …"
        ),
        "then, with the edge started anew": (
            f"python manage.py rollout set-stage {name} shadow --reason …\n"
            f"python manage.py rollout replay {name}"
        ),
    }
    return "\n\n".join(
        f"{where}:\n" + "\n".join(f"    {line}" if line else "" for line in text.splitlines())
        for where, text in steps.items()
    )


def _authenticated(facts: Facts) -> str:
    message = f"let in whom {facts.label} lets in, and refuse others with its status and headers"
    return (
        "async def _authenticated(request: Request) -> object:\n"
        '    """Stand where the shop\'s own authentication is still missing."""\n'
        f"    raise NotImplementedError({quoted(message)})"
    )


def _path(facts: Facts) -> str:
    path = facts.path
    for name, kind in facts.kinds.items():
        path = path.replace(f"{{{name}}}", f"{{{name}{CONVERTORS.get(kind, '')}}}")
    return path


def _endpoint(facts: Facts) -> str:
    status = "" if facts.status == 200 else f"status_code={facts.status}"
    options = [literal(_path(facts)), f"summary={literal(facts.names.summary)}", status]
    answer = in_answer(facts.answer) if facts.answer else "None"
    return (
        f"@router.{facts.method.lower()}({arguments(options)})\n"
        f"async def {facts.names.operation}({arguments(_parameters(facts))}) -> {answer}:\n"
        f'    """Answer ``{facts.title}``."""\n'
        f"{_body(facts)}"
    )


def _parameters(facts: Facts) -> list[str]:
    of_the_shop = ["caller: Annotated[object, Depends(_authenticated)]", "request: Request"]
    return what_is_sent(facts) + of_the_shop


def _body(facts: Facts) -> str:
    """Return a body that takes its database where a dry run can be rolled back."""
    message = quoted(
        f"run the statements of {facts.label} on database, and set its headers, as Allow"
    )
    if facts.is_read:
        return (
            "    database = read_database(request)\n"
            f"    raise NotImplementedError({message}, database)"
        )
    return (
        "    async with write_transaction(request) as database:\n"
        f"        raise NotImplementedError({message}, database)"
    )
