from gunicorn.workers.workertmp import WorkerTmp

class Worker:
    age: int
    pid: int
    tmp: WorkerTmp
