"""The edge's uvicorn server, with connection draining and a readiness check at startup."""

import asyncio
import os
import socket
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.lifespan.on import LifespanOn
from uvicorn.server import Server, ServerState

from api_edge.proxy.shutdown import SHUTDOWN

#: A new worker of a release must answer 200 here before it replaces an old one.
HEALTH_PATH = "/health/ready"
HEALTH_SECONDS = 60.0


class EdgeServerState(ServerState):
    """uvicorn's state shared by the connections of one process, and whether it drains."""

    def __init__(self) -> None:
        super().__init__()
        #: Read by ``StrictHttpProtocol``: each response is then the last of its connection.
        self.is_draining = False


class EdgeServer(Server):
    """uvicorn's server, which can be drained and ends when its parent process has ended."""

    def __init__(self, config: Config, *, parent: int, drain_seconds: float) -> None:
        super().__init__(config)
        self.server_state: EdgeServerState = EdgeServerState()
        self._parent = parent
        self._drain_seconds = drain_seconds
        self._ends_at = 0.0

    def drain(self) -> None:
        """Accept no more connections, finish every request, and end when none is open.

        A keep-alive connection stays open for its caller's next request, which is answered with
        ``Connection: close`` (RFC 9112, section 9.6); an idle one ends by its usual time-out.
        After ``drain_seconds`` the remaining connections are cut off.
        """
        if self.server_state.is_draining:
            return
        self.server_state.is_draining = True
        self._ends_at = asyncio.get_running_loop().time() + self._drain_seconds
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if hasattr(connection, "drain"):
                connection.drain()
        SHUTDOWN.begin()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        SHUTDOWN.begin()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        if os.getppid() != self._parent:
            return True
        if self.server_state.is_draining:
            is_done = not self.server_state.connections and not self.server_state.tasks
            if is_done or asyncio.get_running_loop().time() > self._ends_at:
                return True
        return await super().on_tick(counter)


class ReadinessLifespan(LifespanOn):
    """Start the application and wait until its readiness check answers 200.

    The server accepts connections only then.
    """

    async def startup(self) -> None:
        await super().startup()
        if self.should_exit:
            return
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                await self._wait_for_health()
        except TimeoutError:
            self.logger.error("%s did not answer 200; not taking over", HEALTH_PATH)
            await self.shutdown()
            self.should_exit = True

    async def _wait_for_health(self) -> None:
        while True:
            if await self._health() == HTTPStatus.OK:
                return
            await asyncio.sleep(0.2)

    async def _health(self) -> int:
        """Return the status of the application's response to a readiness check."""
        statuses = []
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": HEALTH_PATH,
            "raw_path": HEALTH_PATH.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 0),
            "server": ("127.0.0.1", 0),
            "state": self.state.copy()
            | {"target": HEALTH_PATH.encode(), "extra_response_headers": []},
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await self.config.loaded_app(scope, receive, send)
        return statuses[0] if statuses else 0
