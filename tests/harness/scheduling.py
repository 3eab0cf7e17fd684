"""Which tests run in one process, one after the other, and which of them come first.

A process starts a fixture of a session, such as Django with an edge before it, when its first test
needs that. So the files that share an expensive one are a unit, which one process takes whole; any
other file is a unit of its own. Units are dealt out in order, those that take longest first, and a
unit that mostly waits runs beside ones that compute.
"""

import re
from functools import cache

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from tests.harness.databases import ROOT

#: Unit: the folder of its files, and a pattern of what each of them names.
SHARED = {
    "wrong stack": ("tests/rollout/", r"\bwrong_stack\b"),
    "stack": ("tests/rollout/", r"\b(stack|shared_stack|failing_stack)\b"),
    "first start": ("tests/deploy/", r"\b(first_start|small_data|portico: RunningUp)\b"),
    "users": ("tests/users/", r"\b(stack|half|halves)\b"),
    "both doors": ("tests/both_doors/", r"\bstack\b"),
    "octo": ("tests/octo/", r"\b(edge|partner|rival|stranger)\b"),
    "proxy": ("tests/proxy/", r"def test_\w+\(\s*(edge|small_edge|plain_edge): Server\b"),
    "scaffold": ("tests/scaffold/", r"\bgenerated\b"),
    "webhooks": ("tests/webhooks/", r"\b(stack|working)\b"),
    "events feed": ("tests/events_feed/", r"\bfeed\b"),
    "weather": ("tests/weather/", r"\b(provider|weather_edge)\b"),
}

#: Units and folders; what is not named comes behind.
LONGEST_FIRST = (
    *("wrong stack", "tests/tutorial", "stack", "first start", "tests/deploy", "tests/rollout"),
    *("octo", "proxy", "tests/proxy", "tests/bench", "tests/demo", "users", "both doors"),
    *("tests/back_office", "tests/catalogue", "tests/four_views", "tests/lifecycle"),
    *("tests/worker", "webhooks", "tests/webhooks", "tests/concurrency", "scaffold"),
    *("tests/scaffold", "tests/bookings"),
)


@cache
def unit_of(file: str) -> str:
    """Return the unit to which a file of tests belongs; ``file`` is relative to the repository."""
    for unit, (folder, named) in SHARED.items():
        if file.startswith(folder) and re.search(named, (ROOT / file).read_text()):
            return unit
    return file


def rank_of(file: str) -> int:
    """Return the place of a file's unit in the order in which units are dealt out."""
    names = (unit_of(file), "/".join(file.split("/")[:2]))
    return next((LONGEST_FIRST.index(name) for name in names if name in LONGEST_FIRST), 99)


class UnitScheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """pytest-xdist's ``loadfile``, by units instead of files."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid.partition("::")[0])
