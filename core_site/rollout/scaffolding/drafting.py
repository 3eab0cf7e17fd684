"""From an endpoint to the files of its move: looked up, drafted, written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings

from core_site.rollout.routes import METHODS, ApiRoute, api_routes, endpoint_prefixes
from core_site.rollout.scaffolding.errors import (
    AlreadyOnTheEdge,
    FilesInTheWay,
    NoSuchRoute,
    PathUnusable,
    ProjectNotFound,
)
from core_site.rollout.scaffolding.facts import Facts, facts_of
from core_site.rollout.scaffolding.naming import Names, names_of
from core_site.rollout.scaffolding.reading.samples import Observed
from core_site.rollout.scaffolding.reading.views import ANY_KEY
from core_site.rollout.scaffolding.writing.both_doors import both_doors_module, questions_of
from core_site.rollout.scaffolding.writing.by_hand import lines_by_hand
from core_site.rollout.scaffolding.writing.domain import (
    front_module,
    model_module,
    services_module,
    single_module,
    values_of,
)
from core_site.rollout.scaffolding.writing.endpoint import Place, endpoint_module
from core_site.rollout.scaffolding.writing.of_a_shop import (
    questions_of_a_shop,
    shops_endpoint_module,
    shops_lines_by_hand,
    shops_test_module,
)
from core_site.rollout.scaffolding.writing.python_text import tidied
from core_site.rollout.scaffolding.writing.schemas import has_schemas, schemas_module
from shared_domain import rollout
from shared_domain.partners import Scope

_ROUTE = re.compile(r'@router\.(\w+)\(\s*"([^"]*)"')
_PREFIX = re.compile(r'APIRouter\(\s*prefix="([^"]*)"')
_CALLER = re.compile(
    r"^(\w+) = Annotated\[\s*Caller, Security\(RequiresScope\(Scope\.(\w+)\)", re.M
)


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A generated file; ``path`` is relative to the root of the repository."""

    path: Path
    text: str

    @property
    def line_count(self) -> int:
        return self.text.count("\n")


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be written, what is left to people, and what could not be inferred.

    ``by_hand`` are lines to add to existing files; each of ``questions`` is a failing test.
    """

    root: Path
    files: tuple[WrittenFile, ...]
    by_hand: str
    questions: tuple[str, ...]

    def check_nothing_in_the_way(self) -> None:
        """Raise FilesInTheWay if one of the files exists."""
        in_the_way = [it.path for it in self.files if (self.root / it.path).exists()]
        if in_the_way:
            raise FilesInTheWay(in_the_way)

    def write(self) -> list[WrittenFile]:
        """Write every file, or none.

        Raises:
            FilesInTheWay: one of them exists already.
        """
        self.check_nothing_in_the_way()
        written: list[Path] = []
        folders = list(dict.fromkeys((self.root / it.path).parent for it in self.files))
        made = [it for it in folders if not it.exists()]
        try:
            for folder in made:
                folder.mkdir()
            for file in self.files:
                path = self.root / file.path
                # "x": what has come into being meanwhile is not overwritten either.
                with path.open("x", encoding="utf-8") as opened:
                    written.append(path)
                    opened.write(file.text)
        except OSError:
            for path in written:
                path.unlink()
            for folder in reversed(made):
                if folder.exists():
                    folder.rmdir()
            raise
        return list(self.files)


def draft(
    method: str,
    path_template: str,
    *,
    root: Path,
    observed: Observed | None = None,
    urlconf: Any = None,
    prefixes: Sequence[str] | None = None,
) -> Draft:
    """Return the files of an endpoint's move into the repository at ``root``; touch nothing yet.

    ``observed`` is the endpoint's recorded traffic. ``urlconf`` and ``prefixes`` are those of the
    settings unless given.

    Raises:
        NoSuchRoute: neither the site nor the traffic knows the endpoint.
        AlreadyOnTheEdge: the edge has it.
        ProjectNotFound: neither Portico nor this project is in the folder.
        FilesInTheWay: a file that would be written exists.
        PathUnusable: it is not below any prefix, or has no word to be named after.
    """
    method = method.upper()
    prefix = _prefix_of(path_template, endpoint_prefixes() if prefixes is None else prefixes)
    route = _route(method, path_template, api_routes(urlconf, [prefix]), bool(observed))
    path = route.path_template if route else path_template
    package = None if (root / "api_edge" / "v1").is_dir() else _package_in(root)
    _check_not_there(method, path, root, package)
    try:
        names = names_of(method, path, prefix=prefix)
    except ValueError as nameless:
        raise PathUnusable(str(nameless)) from None
    facts = facts_of(method, path, prefix=prefix, names=names, route=route, observed=observed or [])
    return _drafted(facts, root) if package is None else _drafted_in_shop(facts, root, package)


def _drafted_in_shop(facts: Facts, root: Path, package: str) -> Draft:
    """Return the draft for a project of one's own, in its package beside ``edge.py``."""
    names, folder = facts.names, root / package
    wanted = [folder / f"edge_{names.feature}{end}.py" for end in ("", "_schemas")]
    module = f"edge_{_free(names, wanted)}"
    texts = {
        f"{package}/{module}.py": shops_endpoint_module(
            facts, schemas=f"{package}.{module}_schemas"
        ),
        f"{package}/test_{module}.py": shops_test_module(facts, package=package),
    }
    if has_schemas(facts):
        texts[f"{package}/{module}_schemas.py"] = schemas_module(facts)
    by_hand = shops_lines_by_hand(facts, package=package, module=module)
    return _checked(Draft(root, _files(texts), by_hand, questions_of_a_shop(facts)))


def _drafted(facts: Facts, root: Path) -> Draft:
    names = facts.names
    api = root / "api_edge" / "v1"
    module = _free(names, [api / f"{names.feature}.py", api / f"{names.feature}_schemas.py"])
    test = _free(names, [root / "tests" / "both_doors" / f"test_{names.feature}.py"])
    domain, domain_files = _domain(facts, root)
    caller = _caller(facts, root)
    if facts.scope and caller is None:
        facts = replace(facts, questions=(*facts.questions, _unknown_scope(facts.scope)))
    place = Place(
        schemas=f"api_edge.v1.{module}_schemas",
        domain=domain,
        caller=caller,
        scope=Scope(facts.scope).name if facts.scope in set(Scope) else None,
    )
    texts = {
        f"api_edge/v1/{module}.py": endpoint_module(facts, place),
        **domain_files,
        f"tests/both_doors/test_{test}.py": both_doors_module(facts),
    }
    if has_schemas(facts):
        texts = {f"api_edge/v1/{module}_schemas.py": schemas_module(facts)} | texts
    by_hand = lines_by_hand(facts, place, module=module)
    return _checked(Draft(root, _files(texts), by_hand, questions_of(facts)))


def _files(texts: Mapping[str, str]) -> tuple[WrittenFile, ...]:
    return tuple(WrittenFile(Path(path), text) for path, text in tidied(texts).items())


def _checked(drafted: Draft) -> Draft:
    drafted.check_nothing_in_the_way()
    return drafted


def _package_in(root: Path) -> str:
    """Return the package of the project's URLconf, which its edge belongs to."""
    package: str = settings.ROOT_URLCONF.partition(".")[0]
    if not (root / package).is_dir():
        raise ProjectNotFound(root, package=package)
    return package


def _domain(facts: Facts, root: Path) -> tuple[str | None, dict[str, str]]:
    """Return the module of the service, and the texts of what is missing of it."""
    names = facts.names
    if facts.services:
        # The view runs the domain's own services: the endpoint is to await the same ones.
        return None, {}
    folder = f"shared_domain/{names.feature}"
    if (root / folder).exists():
        text = single_module(facts)
        return f"shared_domain.{names.feature}.{names.doing}", {f"{folder}/{names.doing}.py": text}
    files = {f"{folder}/__init__.py": front_module(facts)}
    if values_of(facts):
        files[f"{folder}/model.py"] = model_module(facts)
    files[f"{folder}/services.py"] = services_module(facts)
    return f"shared_domain.{names.feature}", files


def _free(names: Names, wanted: list[Path]) -> str:
    """Return the feature's name where it is free; an endpoint that joins others has its own."""
    return names.operation if any(it.exists() for it in wanted) else names.feature


def _prefix_of(path: str, prefixes: Sequence[str]) -> str:
    for prefix in prefixes:
        if path.startswith(prefix):
            return prefix
    raise PathUnusable(f"{path} is not an address of the API: those begin with {list(prefixes)}")


def _route(method: str, path: str, routes: list[ApiRoute], is_observed: bool) -> ApiRoute | None:
    shape = rollout.path_shape(path)
    for route in routes:
        if route.method == method and rollout.path_shape(route.path_template) == shape:
            return route
    if is_observed and method in METHODS:
        return None
    known = [f"{it.method} {it.path_template}" for it in routes]
    raise NoSuchRoute(f"{method} {path}", known=known)


def _check_not_there(method: str, path: str, root: Path, package: str | None) -> None:
    """Raise AlreadyOnTheEdge if a module of the edge has the route.

    The text is read, not the application: what is half written need not import.
    """
    folder, usual = (root / "api_edge" / "v1", "/v1") if package is None else (root / package, "")
    for file in sorted(folder.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        given = _PREFIX.search(text)
        prefix = given[1] if given else usual
        for verb, below in _ROUTE.findall(text):
            is_same = rollout.path_shape(prefix + below) == rollout.path_shape(path)
            if verb.upper() == method and is_same:
                raise AlreadyOnTheEdge(f"{method} {path}", where=file.relative_to(root))


def _unknown_scope(scope: str) -> str:
    return (
        f"Who is a caller with the scope `{scope}`? The edge's authentication.py has no type for "
        f"it. {ANY_KEY}"
    )


def _caller(facts: Facts, root: Path) -> str | None:
    """Return the type of callers with the endpoint's scope, if the edge has one."""
    text = (root / "api_edge" / "auth" / "authentication.py").read_text(encoding="utf-8")
    known = {Scope[scope].value: name for name, scope in _CALLER.findall(text)}
    return known.get(facts.scope or "")
