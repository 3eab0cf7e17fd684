"""A server with the edge's HTTP that gives its callers half a second for the headers."""

import socket
import sys
from dataclasses import replace

import uvicorn
from starlette.responses import PlainTextResponse

from api_edge.proxy.connections import Connections
from api_edge.proxy.limits import DEFAULT_LIMITS
from api_edge.proxy.strict_http import StrictHttp
from api_edge.proxy.trusted_proxies import NOBODY


class HurriedHttp(StrictHttp):
    open_connections = Connections(replace(DEFAULT_LIMITS, head_seconds=0.5), NOBODY)


if __name__ == "__main__":
    config = uvicorn.Config(PlainTextResponse("here"), http=HurriedHttp, lifespan="off")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
