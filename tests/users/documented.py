"""What the edge answers under ``/v1`` is what its OpenAPI document says it may answer."""

import re

from tests.harness.openapi import mistakes_in, own_document


def check_documented(method: str, path: str, status: int, kind: str, body: object) -> None:
    """Raise unless the document has this status, with this content type and a fitting schema."""
    path = path.partition("?")[0]
    documented = own_document()["paths"]
    template = path if path in documented else _find_template(path)
    operation = documented[template].get(method.lower())
    if operation is None:
        assert status == 405
        return
    schema = operation["responses"][str(status)]["content"][kind]["schema"]
    mistakes = mistakes_in(body, schema=schema, document=own_document())
    assert not mistakes, mistakes


def _find_template(path: str) -> str:
    """Return the one documented path with parameters that a path fits."""
    (template,) = (
        template
        for template in own_document()["paths"]
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path)
    )
    return str(template)
