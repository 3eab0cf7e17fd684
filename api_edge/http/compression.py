"""Compresses long answers with gzip, for callers that accept it."""

import gzip

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api_edge.http.accepted_values import accepts
from api_edge.http.direct_calls import Handler

#: Bytes of the shortest answer that is compressed: a shorter one fits into one packet as it is.
SHORTEST_BYTES = 1_400

#: Longer answers, such as pages of events, are compressed in a thread: each megabyte takes 5 ms, in
#: which no other call would be answered.
MOST_BYTES_AT_ONCE = 256 * 1024

#: The quickest: answers repeat themselves so much that a calendar of 417 kB becomes 6 kB by it.
_LEVEL = 1


def compress_long_answers(handle: Handler) -> Handler:
    """Return a handler that compresses long answers of ``handle`` where gzip is accepted.

    ``handle`` has committed by then: what is stored for repeats with an idempotency key is the
    answer as it was. Not for answers that are streamed.
    """

    async def handle_and_compress(request: Request) -> Response:
        response = await handle(request)
        if len(response.body) >= SHORTEST_BYTES:
            response.headers.add_vary_header("Accept-Encoding")
            if accepts(request, "accept-encoding", "gzip"):
                body = bytes(response.body)
                if len(body) <= MOST_BYTES_AT_ONCE:
                    response.body = _compress(body)
                else:
                    response.body = await run_in_threadpool(_compress, body)
                response.headers["Content-Encoding"] = "gzip"
                response.headers["Content-Length"] = str(len(response.body))
        return response

    return handle_and_compress


def _compress(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)
