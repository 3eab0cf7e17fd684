"""The limit: one ASGI function, no framework. Source: the ASGI specification, "HTTP" (2.3)."""

import os
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from tests.bench.peers.rules import Refused
from tests.bench.peers.tuned.databases import AsyncpgDatabase
from tests.bench.peers.tuned.memory import encode
from tests.bench.peers.tuned.octo import Octo

database = AsyncpgDatabase()
octo = Octo(database)


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    status = 200
    try:
        answer = await _route(scope, receive)
    except Refused as refusal:
        status = refusal.status
        answer = encode({"error": "BAD_REQUEST", "errorMessage": str(refusal)})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(answer)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def _route(scope: dict[str, Any], receive: Any) -> bytes:
    path, is_get = scope["path"], scope["method"] == "GET"
    authorization = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization = value.decode("latin-1")
            break
    if is_get and path.startswith("/octo/bookings/"):
        return await octo.get_booking(authorization, UUID(path[len("/octo/bookings/") :]))
    if is_get and path == "/octo/products":
        return await octo.list_products(authorization)
    if is_get and path.startswith("/octo/products/"):
        return await octo.get_product(authorization, path[len("/octo/products/") :])
    if is_get:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if path == "/v1/users":
            cursor = query.get("cursor", [None])[0]
            return await octo.list_users(authorization, cursor, int(query["limit"][0]))
        return await octo.find_bookings(authorization, query["resellerReference"][0])
    body = await _read(receive)
    if path == "/octo/bookings":
        return await octo.reserve(authorization, body)
    if path == "/octo/availability":
        return await octo.check_availability(authorization, body)
    return await octo.show_calendar(authorization, body)


async def _read(receive: Any) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await database.open(os.environ["DATABASE_URL"], on_key_change=octo.keys.forget)
            await send({"type": "lifespan.startup.complete"})
        else:
            await database.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
