"""A server with the edge's HTTP that gives its callers half a second for the headers."""

import socket
import sys

import uvicorn
from starlette.responses import PlainTextResponse

from api_edge.front_door.strict_http import StrictHttp


class HurriedHttp(StrictHttp):
    head_seconds = 0.5


if __name__ == "__main__":
    config = uvicorn.Config(PlainTextResponse("here"), http=HurriedHttp, lifespan="off")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
