"""Draft an endpoint's FastAPI side from its Django view: models, endpoint, service stub, test.

``template.txt`` is the text of all files but the models. What cannot be inferred is a question,
and each question is a failing test.
"""

import re
import subprocess
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.template import Context, Engine
from ruff import find_ruff_bin

from core_site.rollout.evidence_models import Recording
from core_site.rollout.routes import ApiRoute, endpoint_prefixes
from core_site.rollout.scaffold.schemas import (
    Description,
    describe,
    named_serializers,
    type_expression,
    write_models,
)
from shared_domain.partners import Scope

_RUFF_SETTINGS = Path(__file__).resolve().parents[3] / "pyproject.toml"
_VERBS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
_TYPE_KEYS = {"type", "$ref", "oneOf", "allOf", "anyOf", "enum"}


def draft_endpoint(
    method: str,
    path: str,
    *,
    root: Path,
    route: ApiRoute | None,
    recorded: Sequence[Recording],
    module: str = "",
) -> tuple[dict[str, str], list[str]]:
    """Return the text of each file by its path below ``root``, and the questions in its test.

    A project without ``api_edge`` gets its files in the package of its URLconf, beside ``edge.py``.
    """
    is_shop = not (root / "api_edge").is_dir()
    package = settings.ROOT_URLCONF.partition(".")[0] if is_shop else "api_edge.v1"
    folder, start = package.replace(".", "/"), "edge_" if is_shop else ""
    prefix = next((one for one in endpoint_prefixes() if path.startswith(one)), "/")
    feature, *rest = re.findall(r"[a-z]\w*", path.removeprefix(prefix).lower()) or ["root"]
    operation = "_".join([_VERBS[method], feature, *rest])
    module = f"{start}{module or feature}"
    title, view = f"{method} {path}", getattr(route and route.view, "cls", route and route.view)
    label = f"{view.__module__}.{view.__qualname__}" if view else title
    scope = getattr(view, "scopes", {}).get(method)

    found = describe(method, route, recorded)
    types = {
        part: type_expression(
            schema, f"{operation.title().replace('_', '')}{part.title()}", found.components
        )
        for part, schema in found.parts.items()
    }
    models, left_out = write_models(found.components) if found.components else ("", [])
    asked = [*dict.fromkeys([*_questions(title, route, found, recorded), *left_out])]
    context = {
        **types, "feature": feature, "folder": folder, "is_shop": is_shop, "method": method.lower(),
        "models": ", ".join(found.components), "module": module, "operation": operation,
        "package": package, "path": path, "status": found.status, "title": title,
        "route": path if is_shop else path.removeprefix("/v1"),
        "tag": feature.replace("_", " ").capitalize(),
        "todo": _literal(f"do what {label} does, on this database"),
        "has_stub": not is_shop and not (root / f"shared_domain/{feature}/__init__.py").exists(),
        "parameters": re.findall(r"\{(\w+)\}", path),
        "questions": [_literal(one) for one in asked],
        "scope": next((one.name for one in Scope if one == scope), ""),
        "targets": [row.target for row in recorded if row.status < 300][:5] or [path],
    }  # fmt: skip
    template = Engine().from_string(Path(__file__).with_name("template.txt").read_text("utf-8"))
    rendered = template.render(Context(context, autoescape=False))
    _, *pieces = re.split(r"^==> (.+)\n", rendered, flags=re.M)
    files = dict(zip(pieces[::2], pieces[1::2], strict=True))
    if models:
        header = f'"""Request and answer of ``{title}``."""\n'
        files = {f"{folder}/{module}_schemas.py": re.sub(r"\A(#.*\n)+", header, models), **files}
    return {name: _format(text, name) for name, text in files.items()}, asked


def _questions(
    title: str, route: ApiRoute | None, found: Description, recorded: Sequence[Recording]
) -> Iterator[str]:
    method, view = title.partition(" ")[0], getattr(route and route.view, "cls", None)
    for part in [name for name, schema in found.parts.items() if not schema]:
        yield f"What is the type of the {part}? No serializer says it, and no recorded value."
    keys = [
        (f"`{key}` in {name}", one, key in schema.get("required", ()))
        for name, schema in found.components.items()
        for key, one in schema.get("properties", {}).items()
    ]
    for key, one, _ in keys:
        if not _TYPE_KEYS & set(one.get("items", one)) or one.get("type") == "null":
            yield f"What is the type of {key}? No serializer says it, and no recorded value."
    optional = [key for key, one, is_required in keys if not is_required and "default" not in one]
    if optional:
        listed = ", ".join(optional)
        yield f"Which keys may be left out, and which may be null? Not required: {listed}."
    names = {name for row in recorded for name in parse_qs(urlsplit(row.target).query)}
    if names and "query" not in found.parts:
        yield f"Which query parameters does it take? Recorded: {', '.join(sorted(names))}."
    yield from found.doubts
    readers = [one for use, one in named_serializers(route) if use == "body"] if view else []
    if readers or "body" in found.parts or "query" in found.parts:
        code = ", ".join(type(getattr(one, "child", one)).__name__ for one in readers)
        yield (
            'What else is refused in a request, such as unknown keys or "1" for a number? The '
            f"models accept both, and do not run the code of {code or 'its serializer'}."
        )
    statuses = ", ".join(sorted({str(row.status) for row in recorded})) or "none"
    yield f"Which status and headers does a success have? Now {found.status}; recorded: {statuses}."
    yield f"When is it refused, with which status and body? Recorded: {statuses}."
    if not getattr(view, "scopes", {}).get(method):
        rules = ", ".join(one.__name__ for one in getattr(view, "permission_classes", ()))
        yield f"Which callers are let in? The view's permissions: {rules or 'unknown'}."
    if method != "GET":
        yield (
            f"What does {title} leave behind? Send an accepted request to each half, and compare "
            "answers, rows and events."
        )
    elif "'array'" in repr((found.parts["answer"], found.components)):
        pages = getattr(getattr(view, "pagination_class", None), "__name__", "none")
        yield f"In which order are the items, and where does a page end? Pagination: {pages}."


def _literal(text: str) -> str:
    return "\n".join(map(repr, textwrap.wrap(text, 80, drop_whitespace=False)))


def _format(text: str, name: str) -> str:
    for command in (["check", "--fix", "--quiet", "--select", "I,F401"], ["format"]):
        text = subprocess.run(
            [find_ruff_bin(), *command, "--config", _RUFF_SETTINGS,
             "--stdin-filename", name, "-"],
            input=text, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    return text
