"""The section ``webhooks`` of the OpenAPI document: every type of event, as partners receive it.

FastAPI's own ``webhooks`` are not used: it would take these models for requests, and document other
schemas for them than for the same models in the response of ``GET /v1/events``.
"""

from typing import Any

from api_edge.v1.events.kinds import KINDS, Kind

TAG = "Webhooks"


def document_webhooks() -> dict[str, Any]:
    """Return the section ``webhooks``: one operation for each type of event, by its name."""
    return {kind.name.value: {"post": _operation(kind)} for kind in KINDS.values()}


def _operation(kind: Kind) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{kind.model.__name__}"}
    return {
        "tags": [TAG],
        "summary": kind.summary,
        "description": kind.description,
        "operationId": kind.name.value.replace(".", "_"),
        # They carry a signature, and no API key.
        "security": [],
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
