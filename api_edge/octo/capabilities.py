"""OCTO capabilities: which extensions a request asks for with the header Octo-Capabilities."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request, Response

#: The implemented capabilities without their prefix; both spellings are understood.
KNOWN_CAPABILITIES = frozenset({"pricing"})

PREFIX = "octo/"


@dataclass(frozen=True, slots=True)
class RequestedCapabilities:
    """The capabilities applied to a response; ``spelled`` lists them as the request does."""

    pricing: bool
    spelled: str


async def requested_capabilities(request: Request, response: Response) -> RequestedCapabilities:
    """Return the known capabilities that the request asks for, and list them in the response."""
    wanted, environment = [], None
    for name, value in request.scope["headers"]:
        if name == b"octo-capabilities":
            wanted.append(value.decode("latin-1"))
        elif name == b"octo-env":
            environment = value.decode("latin-1").strip().lower()
    if not wanted and b"_capabilities" in request.scope["query_string"]:
        wanted = request.query_params.getlist("_capabilities")
    answer = _read(",".join(wanted)) if wanted else NO_CAPABILITIES
    response.headers["Octo-Capabilities"] = answer.spelled
    if environment:
        response.headers["Octo-Env"] = environment
    return answer


def _read(text: str) -> RequestedCapabilities:
    # A long list is read each time: what is remembered is bounded in bytes as well.
    return (read_capabilities if len(text) <= 512 else read_capabilities.__wrapped__)(text)


@lru_cache(maxsize=256)
def read_capabilities(text: str) -> RequestedCapabilities:
    """Read a comma-separated list: blanks are trimmed, unknown ids ignored."""
    applied: dict[str, str] = {}
    for part in text.split(","):
        spelled = part.strip()
        capability = spelled.removeprefix(PREFIX)
        if capability in KNOWN_CAPABILITIES:
            applied.setdefault(capability, spelled)
    return RequestedCapabilities(pricing="pricing" in applied, spelled=", ".join(applied.values()))


NO_CAPABILITIES = RequestedCapabilities(pricing=False, spelled="")

Capabilities = Annotated[RequestedCapabilities, Depends(requested_capabilities)]
