"""An upstream that talks: WebSockets and event streams.

Run as a process: ``python -m tests.proxy.streaming_upstream DESCRIPTOR`` on a listening socket.

==================  ==========================================================================
/echo               a WebSocket that sends back what it gets, after what it was asked with
/close?code=N       one that closes with this code and a reason
/refuse             refuses the handshake with 403
/events             an event stream: one event, silence until /go-on is asked, another event
anything else       200, and the path
==================  ==========================================================================
"""

import asyncio
import json
import socket
import sys

from aiohttp import WSMsgType, web


async def echo(request: web.Request) -> web.WebSocketResponse:
    talk = web.WebSocketResponse(protocols=("second", "first"))
    await talk.prepare(request)
    asked = {name.lower(): value for name, value in request.headers.items()}
    await talk.send_str(json.dumps({"target": request.raw_path, "headers": asked}))
    async for message in talk:
        if message.type is WSMsgType.TEXT:
            await talk.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await talk.send_bytes(message.data)
    request.app["closed"].append(talk.close_code)
    return talk


async def close(request: web.Request) -> web.WebSocketResponse:
    talk = web.WebSocketResponse()
    await talk.prepare(request)
    await talk.close(code=int(request.query["code"]), message=b"enough")
    return talk


async def refuse(request: web.Request) -> web.Response:
    return web.Response(status=403)


async def closed(request: web.Request) -> web.Response:
    return web.json_response(request.app["closed"])


async def events(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    await stream.write(b"data: first\n\n")
    await request.app["go_on"].wait()
    await stream.write(b"data: second\n\n")
    return stream


async def go_on(request: web.Request) -> web.Response:
    request.app["go_on"].set()
    return web.Response(text="going on")


async def any_path(request: web.Request) -> web.Response:
    return web.Response(text=f"the upstream has {request.path}")


async def serve(descriptor: int) -> None:
    app = web.Application()
    app["closed"], app["go_on"] = [], asyncio.Event()
    app.router.add_get("/echo", echo)
    app.router.add_get("/close", close)
    app.router.add_get("/refuse", refuse)
    app.router.add_get("/closed", closed)
    app.router.add_get("/events", events)
    app.router.add_get("/go-on", go_on)
    app.router.add_get("/{path:.*}", any_path)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, socket.socket(fileno=descriptor)).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
