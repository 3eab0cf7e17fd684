"""The OpenAPI document of the edge, and what is wrong with a body by the schemas of a document."""

import json
import threading
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator, Registry

from api_edge.app import create_app
from api_edge.settings import Settings

Document = dict[str, Any]

_making = threading.Lock()

_validators: dict[tuple[int, str], Draft202012Validator] = {}


def own_document() -> Document:
    """Return the edge's document; FastAPI cannot make one in two threads at once."""
    with _making:
        return _make_document()


@cache
def _make_document() -> Document:
    app = create_app(Settings(database_url="postgresql://unused@/nothing"))
    document: Document = json.loads(json.dumps(app.openapi()))
    return document


def _is_address(text: str) -> bool:
    """Say whether it is an address in any script (RFC 6531), as OCTO's ``email`` is used.

    JSON Schema's ``email`` is ASCII alone (2020-12, 7.3.2); the edge's own document says
    ``idn-email``.
    """
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and not any(map(str.isspace, text))


def mistakes_in(body: object, *, schema: Document, document: Document) -> list[str]:
    """Return what is wrong with a body, each with its place; ``schema`` is a part of ``document``.

    A document must not be changed once it has been asked: its validators are kept.
    """
    text = json.dumps(schema)
    validator = _validators.get((id(document), text))
    if validator is None:
        validator = _validators[id(document), text] = Draft202012Validator(
            json.loads(text.replace('"#/', '"urn:document#/')),
            registry=Registry([("urn:document", document)]),
            validate_formats=True,
            formats={} if document is own_document() else {"email": _is_address},
        )
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"
        for error in validator.iter_errors(body)
    ]
