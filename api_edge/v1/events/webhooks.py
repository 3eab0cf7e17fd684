"""The section ``webhooks`` of the OpenAPI document: every type of event, as partners receive it.

Not FastAPI's own ``webhooks``: it takes these models for requests, of which it would document
another form than of the same models in the answer of ``GET /v1/events``.
"""

from typing import Any

from api_edge.v1.events.kinds import KINDS, Kind

TAG = "Webhooks"


def document_webhooks() -> dict[str, Any]:
    """Return the section, by the names of the types."""
    return {kind.name.value: {"post": _operation(kind)} for kind in KINDS.values()}


def _operation(kind: Kind) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{kind.model.__name__}"}
    return {
        "tags": [TAG],
        "summary": kind.summary,
        "description": kind.description,
        "operationId": kind.name.value.replace(".", "_"),
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": schema,
                    "examples": {kind.name.value: {"value": kind.example}},
                }
            },
        },
        "responses": {
            "2XX": {"description": "You have it. After anything else it is sent again, later."}
        },
    }
