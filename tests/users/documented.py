"""What the edge answers under ``/v1`` is what its OpenAPI document says it may answer."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from api_edge.app import create_app
from api_edge.settings import Settings

Document = dict[str, Any]


@cache
def document() -> Document:
    app = create_app(Settings(database_url="postgresql://unused@/nothing"))
    described: Document = json.loads(json.dumps(app.openapi()))
    return described


def check_documented(method: str, path: str, status: int, kind: str, body: object) -> None:
    """Raise unless the document has this status, with this content type and a fitting schema."""
    path = path.partition("?")[0]
    template = path if path in document()["paths"] else f"{path.rpartition('/')[0]}/{{id}}"
    operation = document()["paths"][template].get(method.lower())
    if operation is None:
        assert status == 405
        return
    schema = operation["responses"][str(status)]["content"][kind]["schema"]
    mistakes = [error.message for error in _validator(json.dumps(schema)).iter_errors(body)]
    assert not mistakes, mistakes


@cache
def _validator(schema: str) -> Draft202012Validator:
    registry: Registry[Any] = Registry().with_resource(
        "urn:document", Resource.from_contents(document(), default_specification=DRAFT202012)
    )
    absolute = json.loads(schema.replace('"#/', '"urn:document#/'))
    return Draft202012Validator(absolute, registry=registry, format_checker=FormatChecker())
