"""Draft an endpoint's FastAPI side from its Django view: models, endpoint, service stub, test.

``files.txt`` is the template of the files. For what cannot be inferred there is a question, from
``questions.txt`` or about a schema, and each question is a failing test.
"""

import re
import subprocess
import sys
from keyword import iskeyword
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.template import Context, Engine

from core_site.rollout.evidence_models import Recording
from core_site.rollout.routes import ApiRoute, endpoint_prefixes
from core_site.rollout.scaffold import schemas
from shared_domain.partners import Scope
from shared_domain.rollout import EndpointName

#: The drafts are formatted by the settings of ruff in this folder.
_REPOSITORY = Path(__file__).resolve().parents[3]
_VERBS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
#: The path converters that Django and Starlette have alike, and the types of their values.
_CONVERTERS = {"int": "int", "uuid": "UUID", "path": "str"}


def draft_endpoint(
    name: EndpointName, *, root: Path, route: ApiRoute | None, traffic: list[Recording], module: str
) -> tuple[dict[str, str], list[str]]:
    """Return the text of each file by its path below ``root``, and the questions in its test.

    A project without ``api_edge`` gets its files in the package of its URLconf, beside ``edge.py``.
    """
    (method, path), title, view = name, " ".join(name), route and route.view
    is_shop = not (root / "api_edge").is_dir()
    package = settings.ROOT_URLCONF.partition(".")[0] if is_shop else "api_edge.v1"
    prefix = next((one for one in endpoint_prefixes() if path.startswith(one)), "/")
    words = path.removeprefix(prefix).lower().replace("-", "_")
    feature, *rest = re.findall(r"[a-z]\w*", words) or ["root"]
    operation = "_".join([_VERBS[method], feature, *rest])
    feature += "_" * iskeyword(feature)
    parameters, address = dict.fromkeys(re.findall(r"\{(\w+)\}", path), "str"), path
    for parameter, converter in route.kinds if route else ():
        if converter in _CONVERTERS:
            parameters[parameter] = _CONVERTERS[converter]
            address = address.replace(f"{{{parameter}}}", f"{{{parameter}:{converter}}}")
    found = schemas.describe(method, route, traffic)
    types = found.name_types(operation.title().replace("_", ""))
    source, questions = schemas.write_models(found.components)
    keys = {key for row in traffic for key in parse_qs(urlsplit(row.target).query)}
    view_class = getattr(view, "cls", None)
    scope = getattr(view_class, "scopes", {}).get(method)
    label = f"{view.__module__}.{(view_class or view).__name__}" if view else title
    context = {
        **types, "address": address if is_shop else address.removeprefix("/v1"),
        "feature": feature, "folder": package.replace(".", "/"), "is_shop": is_shop,
        "has_stub": not is_shop and not (root / f"shared_domain/{feature}/__init__.py").exists(),
        "method": method, "models": ", ".join(found.components), "operation": operation,
        "module": f"{'edge_' if is_shop else ''}{module or feature}", "package": package,
        "pages": getattr(getattr(view_class, "pagination_class", None), "__name__", "none"),
        "parameters": parameters, "path": path, "source": source, "status": found.status,
        "permissions": [one.__name__ for one in getattr(view_class, "permission_classes", ())],
        "recorded": sorted({str(row.status) for row in traffic}), "recorded_query": sorted(keys),
        "scope": scope.name if isinstance(scope, Scope) else "",
        "tag": feature.replace("_", " ").strip().capitalize(), "title": title,
        "targets": [row.target for row in traffic if row.status < 300][:5] or [path],
        "todo": f"do what {label} does, on this database",
    }  # fmt: skip
    questions += [*found.questions, *re.findall(".+", _render("questions.txt", context))]
    rendered = _render("files.txt", {**context, "questions": questions})
    _, *pieces = re.split(r"^==> (.+)\n", rendered, flags=re.M)
    files = zip(pieces[::2], pieces[1::2], strict=True)
    return {file: _format(text, file) for file, text in files}, questions


def _render(template: str, context: dict[str, object]) -> str:
    text = Path(__file__).with_name(template).read_text("utf-8")
    return str(Engine().from_string(text).render(Context(context, autoescape=False)))


def _format(text: str, name: str) -> str:
    for command in (["check", "--fix", "--quiet", "--select", "I,F401"], ["format"]):
        text = subprocess.run(
            [Path(sys.executable).with_name("ruff"), *command, "--stdin-filename", name, "-"],
            cwd=_REPOSITORY, input=text, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    return text
