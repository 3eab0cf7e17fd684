"""The rows of the admin board: the endpoints of each stage, as documents."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core_site import stores
from core_site.rollout.documents.endpoint import EndpointDocument, is_django_only, load_documents
from core_site.rollout.documents.facts import WHO_ANSWERS
from shared_domain import rollout
from shared_domain.rollout import Stage
from shared_domain.run_now import run_now


@dataclass(frozen=True, slots=True, kw_only=True)
class StageGroup:
    """The endpoints of one stage; ``total`` also counts those that the page leaves out."""

    stage: Stage
    who_answers: str
    total: int
    rows: tuple[EndpointDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Every stage, from Django to retired."""

    groups: tuple[StageGroup, ...]
    total: int
    left_to_move: int


def build_board(shown: Iterable[int], *, now: datetime) -> Board:
    """Return the board with the endpoints of these ids; the number of queries does not grow."""
    endpoints = run_now(rollout.list_endpoints(store=stores.endpoints()))
    ids = set(shown)
    rows = load_documents([one for one in endpoints if one.id in ids], now=now)
    return Board(
        groups=tuple(
            StageGroup(
                stage=stage,
                who_answers=WHO_ANSWERS[stage],
                total=sum(endpoint.stage is stage for endpoint in endpoints),
                rows=tuple(row for row in rows if row.endpoint.stage is stage),
            )
            for stage in Stage
        ),
        total=len(endpoints),
        left_to_move=sum(map(is_django_only, endpoints)),
    )
