"""gunicorn's worker for the edge: ``gunicorn -k api_edge.front_door.worker.EdgeWorker``."""

import os
from typing import Any

from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

from api_edge.front_door.strict_http import StrictHttp


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
