from typing import Any

from gunicorn.workers.workertmp import WorkerTmp

class Worker:
    age: int
    pid: int
    tmp: WorkerTmp
    def __init__(
        self,
        age: int,
        ppid: int,
        sockets: list[Any],
        app: Any,
        timeout: float,
        cfg: Any,
        log: Any,
    ) -> None: ...
