"""The requests of the cases ``unchanged`` and ``packed``: calendars, as clients repeat them.

They are made of the edge's own answers: a client that has an answer sends its ETag again, and every
HTTP library says which compression it takes. An edge that knows neither leaves the case out.
"""

from collections.abc import Sequence
from dataclasses import replace

from tests.bench.cases import Request
from tests.bench.servers import Server

#: What the HTTP libraries of partners send.
ACCEPTED = "gzip, deflate, br, zstd"


def unchanged(edge: Server, requests: Sequence[Request]) -> list[Request]:
    """Return the requests with the ETag of their answer; none where the edge sends no ETag."""
    found = []
    for request in requests:
        etag = _header(edge, request, "ETag")
        if etag is None:
            return []
        found.append(replace(request, headers={**request.headers, "If-None-Match": etag}))
    return found


def packed(edge: Server, requests: Sequence[Request]) -> list[Request]:
    """Return the requests for compressed answers; none where the edge compresses none."""
    found = [
        replace(request, headers={**request.headers, "Accept-Encoding": ACCEPTED})
        for request in requests
    ]
    is_packed = all(_header(edge, request, "Content-Encoding") for request in found)
    return found if is_packed else []


def _header(server: Server, request: Request, name: str) -> str | None:
    caller = server.connect()
    try:
        headers = {**request.headers, "Content-Type": "application/json"}
        caller.request(request.method, request.path, request.content(), headers)
        answer = caller.getresponse()
        answer.read()
        return answer.getheader(name)
    finally:
        caller.close()
