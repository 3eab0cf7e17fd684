"""gunicorn's worker for the edge: ``gunicorn -k api_edge.front_door.worker.EdgeWorker``."""

import os
import resource
from typing import Any

from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

from api_edge.front_door.connections import Connections
from api_edge.front_door.strict_http import StrictHttp
from api_edge.settings import Settings

#: What a process asks the system for; more than its connections and spools ever need.
MOST_DESCRIPTORS = 16_384


class EdgeWorker(UvicornWorker):  # type: ignore[misc]
    """uvicorn with ``StrictHttp``."""

    CONFIG_KWARGS: dict[str, Any] = {
        "loop": "auto",
        "http": StrictHttp,
        # Whose word is taken is the door's decision (trusted_proxies.py): the server itself
        # would believe any program of the same machine.
        "proxy_headers": False,
    }

    def init_process(self) -> None:
        # Read with the other settings (limits.py): the processes share out the site's threads.
        os.environ["WEB_CONCURRENCY"] = str(self.cfg.workers)
        super().init_process()

    def run(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        settings: Settings = self.wsgi.state.settings
        StrictHttp.open_connections = Connections(settings.limits, settings.trusted_proxies)
        super().run()
