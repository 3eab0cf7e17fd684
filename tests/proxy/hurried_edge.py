"""A server with the edge's HTTP that gives its callers half a second for the headers."""

import socket
import sys

import uvicorn
from starlette.responses import PlainTextResponse

from api_edge.proxy.connections import ConnectionLimiter
from api_edge.proxy.limits import DEFAULT_LIMITS
from api_edge.proxy.strict_http import StrictHttpProtocol
from api_edge.proxy.trusted_proxies import NO_PROXIES


class HurriedHttp(StrictHttpProtocol):
    connection_limiter = ConnectionLimiter(
        DEFAULT_LIMITS.model_copy(update={"head_seconds": 0.5}), NO_PROXIES
    )


if __name__ == "__main__":
    config = uvicorn.Config(PlainTextResponse("here"), http=HurriedHttp, lifespan="off")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
