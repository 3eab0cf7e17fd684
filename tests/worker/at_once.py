"""The type of the fixture ``at_once``."""

from collections.abc import Callable
from typing import Any

#: ``at_once(job, job)`` runs both, each on a connection of its own, and returns what they did.
AtOnce = Callable[..., list[Any]]
