"""The section ``webhooks`` of the OpenAPI document: every type of event, as partners receive it.

FastAPI's own ``webhooks`` are not used: it would take these models for requests, and document other
schemas for them than for the same models in the response of ``GET /v1/events``.
"""

from typing import Any

from api_edge.v1.events.kinds import KINDS, Kind

#: Not that of the endpoints: generators write a file for each tag, and would overwrite theirs.
TAG = "Event types"

#: Those of Standard Webhooks, as ``shared_domain.webhooks.signing`` writes them.
_HEADERS = (
    ("webhook-id", "Names the event, the same at each attempt."),
    ("webhook-timestamp", "When this attempt was signed, in seconds since 1970 (UTC)."),
    (
        "webhook-signature",
        "`v1,` and the signature in base64; after a change of the secret one by either, with a "
        "blank between them.",
    ),
)


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
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": words,
                "schema": {"type": "string"},
            }
            for name, words in _HEADERS
        ],
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
