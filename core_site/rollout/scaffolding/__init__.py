"""The first draft of an endpoint's move from Django to FastAPI.

    the view (routes.py) ──▶ reading/ ──▶ facts.py ──▶ writing/ ──▶ files
    recorded traffic ──────────┘

``reading/`` finds out what the endpoint asks and answers, ``writing/`` writes it down as the edge
has it. Nothing is guessed: what is not known becomes a failing test with the question. Nothing is
overwritten: lines for existing files are for people to add. In a project that is not Portico, the
files stand beside its ``edge.py``, as ``api_edge/rollout/MOVING_A_SHOP.md`` has it.
"""

from core_site.rollout.scaffolding.drafting import Draft, WrittenFile, draft
from core_site.rollout.scaffolding.errors import (
    AlreadyOnTheEdge,
    FilesInTheWay,
    NoSuchRoute,
    PathUnusable,
    ProjectNotFound,
    RuffMissing,
    ScaffoldRefused,
)
from core_site.rollout.scaffolding.reading.samples import Observed, Sample

__all__ = [
    # What can be done
    "draft",
    # With what
    "Draft",
    "Observed",
    "Sample",
    "WrittenFile",
    # What can be refused
    "ScaffoldRefused",
    "AlreadyOnTheEdge",
    "FilesInTheWay",
    "NoSuchRoute",
    "PathUnusable",
    "ProjectNotFound",
    "RuffMissing",
]
