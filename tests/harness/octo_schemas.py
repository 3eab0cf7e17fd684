"""Every answer is held against Portico's own OpenAPI document, and OCTO's where it is at hand.

OCTO's document is written in OpenAPI 3.0, whose ``nullable`` is not JSON Schema; it is turned
into what a validator understands.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.harness.openapi import Document, mistakes_in, own_document

OCTOS_OWN = Path(__file__).resolve().parents[3] / "shared" / "octo" / "openapi.json"

#: Where OCTO's document is at odds with OCTO's text (SPEC, section 8).
OCTO_IS_WRONG_ABOUT = {
    # "the types want at least one, but an invented 00:00 would be shown as a departure"
    "availabilityLocalStartTimes": {"minItems"},
}


@cache
def octos_document() -> Document | None:
    if not OCTOS_OWN.exists():
        return None
    converted: Document = _as_json_schema(json.loads(OCTOS_OWN.read_text()))
    return converted


def check_answer(method: str, path: str, status: int, body: object) -> None:
    """Raise unless the body is what both documents say of this operation and status."""
    template = template_of(path)
    check_with_our_own(template, method.lower(), status, body)
    octos = octos_document()
    if octos is not None and template.startswith("/octo/"):
        short = template.removeprefix("/octo")
        operations = octos["paths"].get(f"{short}/", octos["paths"].get(short))
        # Any refusal is modelled as a 400 there.
        response = operations[method.lower()]["responses"]["200" if status == 200 else "400"]
        _check(octos, response, body, "OCTO's document")


def check_with_our_own(template: str, method: str, status: int, body: object) -> None:
    responses = own_document()["paths"][template][method]["responses"]
    assert str(status) in responses, f"{status} is not documented for {template}"
    _check(own_document(), responses[str(status)], body, "Portico's document")


def template_of(path: str) -> str:
    """Return the path template in Portico's document that ``path`` matches."""
    wanted = path.partition("?")[0].rstrip("/").split("/")
    for template in own_document()["paths"]:
        steps = template.split("/")
        if len(steps) == len(wanted) and all(
            step == given or step.startswith("{") for step, given in zip(steps, wanted, strict=True)
        ):
            if "{" in template and "/".join(wanted) in own_document()["paths"]:
                continue
            return str(template)
    raise AssertionError(f"{path} is not documented")


def _check(document: Document, response: Document, body: object, whose: str) -> None:
    schema = response["content"]["application/json"]["schema"]
    mistakes = mistakes_in(body, schema=schema, document=document)
    assert not mistakes, f"against {whose}: {mistakes[:5]}"


def _as_json_schema(node: Any) -> Any:
    if isinstance(node, list):
        return [_as_json_schema(element) for element in node]
    if not isinstance(node, dict):
        return node
    converted = {key: _as_json_schema(value) for key, value in node.items() if key != "nullable"}
    for name, wrong in OCTO_IS_WRONG_ABOUT.items():
        if isinstance(converted.get("properties"), dict) and name in converted["properties"]:
            about = converted["properties"][name]
            converted["properties"][name] = {k: v for k, v in about.items() if k not in wrong}
    if node.get("nullable") is True:
        return {"anyOf": [converted, {"type": "null"}]}
    return converted
