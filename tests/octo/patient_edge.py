"""The edge, with a readiness check that gives the database as many seconds as a test says."""

import os

from fastapi import FastAPI

from api_edge import app as edge
from api_edge import health

#: The environment variable with the seconds; production's one is too short for a busy machine.
READY_WITHIN = "READY_WITHIN_SECONDS_OF_THIS_TEST"


def create_app() -> FastAPI:
    health.READY_WITHIN_SECONDS = float(os.environ[READY_WITHIN])
    return edge.create_app()
