"""OCTO capabilities: which extensions a request asks for with the header Octo-Capabilities."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request

#: The implemented capabilities without their prefix; both spellings are understood.
KNOWN_CAPABILITIES = frozenset({"pricing", "notifications"})

PREFIX = "octo/"


@dataclass(frozen=True, slots=True)
class RequestedCapabilities:
    """The capabilities applied to an answer; ``spelled`` lists them as the request does."""

    pricing: bool
    spelled: str
    #: The environment that the request named, which its answer repeats; None where it named none.
    environment: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The response headers that list the applied capabilities, and the environment if sent."""
        headers = {"Octo-Capabilities": self.spelled}
        if self.environment:
            headers["Octo-Env"] = self.environment
        return headers


async def requested_capabilities(request: Request) -> RequestedCapabilities:
    """Return the known capabilities that the request asks for."""
    wanted, environment = [], None
    for name, value in request.scope["headers"]:
        if name == b"octo-capabilities":
            wanted.append(value.decode("latin-1"))
        elif name == b"octo-env":
            environment = value.decode("latin-1").strip().lower()
    if not wanted and b"_capabilities" in request.scope["query_string"]:
        wanted = request.query_params.getlist("_capabilities")
    answer = _read(",".join(wanted)) if wanted else NO_CAPABILITIES
    return replace(answer, environment=environment) if environment else answer


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
