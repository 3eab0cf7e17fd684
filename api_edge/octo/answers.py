"""OCTO's successful answers: JSON, with the capabilities that were applied."""

from starlette.responses import Response

from api_edge.http.answer_structs import encode
from api_edge.octo.capabilities import RequestedCapabilities


def octo_answer(content: object, capabilities: RequestedCapabilities) -> Response:
    """Return the answer with status 200 to a request for these capabilities."""
    return octo_json(encode(content), capabilities)


def octo_json(content: bytes, capabilities: RequestedCapabilities) -> Response:
    """Return an answer whose JSON is encoded already."""
    return Response(content, headers=capabilities.headers, media_type="application/json")
