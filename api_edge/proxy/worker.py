"""gunicorn's worker for the edge: ``-k api_edge.proxy.worker.EdgeWorker``.

``deploy/rolling_release.py`` drains such workers without failing a request: see
``EdgeServer.drain``. gunicorn's master process imports this module once for all releases, so the
module imports the edge's other code only in functions that workers call: it is that of the
release, which the fork server has imported.
"""

import asyncio
import logging
import os
import signal
import sys
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

# Imported by the master for its effect: see the module.
from api_edge.proxy import shared_memory  # noqa: F401

#: How long running requests may take when the edge is stopped.
STOP_SECONDS = 7


class EdgeWorker(UvicornWorker):  # type: ignore[misc]
    """A gunicorn worker that runs ``EdgeServer`` with ``StrictHttpProtocol``."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "auto",
        "http": "api_edge.proxy.strict_http:StrictHttpProtocol",
        # Trusted proxies are decided in trusted_proxies.py: the server itself would believe
        # every program of the same machine.
        "proxy_headers": False,
        "timeout_graceful_shutdown": STOP_SECONDS,
    }

    #: Imported before it is forked, beside the application: what uvicorn loads by name.
    preloaded_modules = (
        "api_edge.proxy.server",
        "api_edge.proxy.strict_http",
        "uvicorn.lifespan.on",
        "uvicorn.loops.auto",
    )

    #: The signal with which ``deploy/rolling_release.py`` drains the worker. SIGTERM stops it.
    drain_signal = signal.SIGUSR2

    #: Whether a release starts this worker while old ones still serve.
    is_replacement = False

    def init_process(self) -> None:
        # Read with the other settings: the processes share out the upstream's threads.
        os.environ["WEB_CONCURRENCY"] = str(self.cfg.workers)
        self._keep_values_out_of_logs()
        super().init_process()

    def _keep_values_out_of_logs(self) -> None:
        """Let asyncio and uvicorn log exceptions without their messages, as ``api_edge`` does."""
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
