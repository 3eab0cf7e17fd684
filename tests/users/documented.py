"""What the edge answers under ``/v1`` is what its OpenAPI document says it may answer."""

from tests.harness.openapi import mistakes_in, own_document


def check_documented(method: str, path: str, status: int, kind: str, body: object) -> None:
    """Raise unless the document has this status, with this content type and a fitting schema."""
    path = path.partition("?")[0]
    template = path if path in own_document()["paths"] else f"{path.rpartition('/')[0]}/{{id}}"
    operation = own_document()["paths"][template].get(method.lower())
    if operation is None:
        assert status == 405
        return
    schema = operation["responses"][str(status)]["content"][kind]["schema"]
    mistakes = mistakes_in(body, schema=schema, document=own_document())
    assert not mistakes, mistakes
