"""gunicorn's worker for the edge: ``-k api_edge.proxy.worker.EdgeWorker``.

Under ``deploy/rolling_release.py`` a release drains workers without a caller noticing: see
``EdgeServer.drain``. gunicorn's master process imports this module, once for all releases. So it
imports nothing else of the edge before the worker is a process of its own, with the new code.
"""

import asyncio
import logging
import os
import signal
import sys
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

# Only for its effect: see there.
from api_edge.proxy import shared_memory  # noqa: F401

#: How long running requests may take when the whole edge is stopped.
STOP_SECONDS = 7


class EdgeWorker(UvicornWorker):  # type: ignore[misc]
    """uvicorn with ``StrictHttpProtocol``, which can be drained."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "auto",
        "http": "api_edge.proxy.strict_http:StrictHttpProtocol",
        # Whose word is taken is the door's decision (trusted_proxies.py): the server itself
        # would believe any program of the same machine.
        "proxy_headers": False,
        "timeout_graceful_shutdown": STOP_SECONDS,
    }

    #: What ``deploy/rolling_release.py`` sends to drain it. SIGTERM stops it.
    drain_signal = signal.SIGUSR2

    #: Whether it is started by a release, while others serve.
    is_replacement = False

    def init_process(self) -> None:
        # Read with the other settings (limits.py): the processes share out the site's threads.
        os.environ["WEB_CONCURRENCY"] = str(self.cfg.workers)
        self._keep_values_out_of_logs()
        super().init_process()

    def _keep_values_out_of_logs(self) -> None:
        """Let asyncio and uvicorn log exceptions as ``api_edge`` does, without their texts."""
        from shared_domain.tracebacks import ValueFreeFormatter

        if logging.lastResort:
            logging.lastResort.setFormatter(ValueFreeFormatter())
        handler = logging.StreamHandler()
        handler.setFormatter(ValueFreeFormatter(self.log.error_fmt, self.log.datefmt))
        logging.getLogger("uvicorn.error").handlers = [handler]

    async def _serve(self) -> None:
        from api_edge.proxy.server import EdgeServer, ReadinessLifespan

        self.config.app = self.wsgi
        self.config.load()
        if self.is_replacement:
            self.config.lifespan_class = ReadinessLifespan
        server = EdgeServer(self.config, parent=self.ppid, drain_seconds=self.cfg.graceful_timeout)
        self._install_sigquit_handler()
        asyncio.get_running_loop().add_signal_handler(self.drain_signal, server.drain)
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
