"""Tests wait for conditions, and as long as a busy machine takes.

``time.sleep`` stands only where time is what a test is about.
"""

import ast
import re

from tests.harness.databases import ROOT

#: How often a file may sleep, and why.
ALLOWED = {
    "bench/event_log.py": (2, "writes at an even rate, and measures"),
    "bench/servers.py": (1, "measures, with the pause that its caller chooses"),
    "bench/webhook_delivery.py": (1, "writes at an even rate, and measures"),
    "concurrency/test_a_process_is_killed.py": (1, "kills processes whatever they do just then"),
    "deploy/callers.py": (4, "a caller that comes back when it is told to"),
    "deploy/test_a_mixed_load_with_faults.py": (1, "a load that goes on for as long as it is told"),
    "deploy/test_postgresql_is_away_for_a_minute.py": (1, "asks once a second, for a minute"),
    "harness/waiting.py": (1, "between two looks at a condition"),
    "proxy/test_two_halves_read_the_same.py": (1, "sends a head in two parts that arrive apart"),
    "rollout/test_a_commit_in_doubt.py": (1, "kills connections at moments of chance"),
    "rollout/test_a_failing_canary_is_invisible.py": (1, "a body that takes longer than it may"),
    "rollout/wrong_edge.py": (2, "an edge that is slow"),
}

SLEEP = re.compile(r"\btime\.sleep\b(?! in tests)|\bfrom time import .*\bsleep\b")


def test_only_where_time_is_the_subject() -> None:
    folder = ROOT / "tests"
    found = {
        path.relative_to(folder).as_posix(): len(SLEEP.findall(path.read_text(encoding="utf-8")))
        for path in sorted(folder.rglob("*.py"))
        if path.name != "test_no_test_sleeps_to_wait.py"
    }

    assert {path: count for path, count in found.items() if count} == {
        path: count for path, (count, _) in ALLOWED.items()
    }


def test_no_http_client_gives_up_after_its_own_five_seconds() -> None:
    without = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if "httpx2." in (source := path.read_text(encoding="utf-8"))
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and _asks_by_httpx(call)
        if all(keyword.arg != "timeout" for keyword in call.keywords)
    ]

    assert without == []


def _asks_by_httpx(call: ast.Call) -> bool:
    called = ast.unparse(call.func)
    return called in {
        f"httpx2.{name}" for name in ("AsyncClient", "Client", "get", "post", "request")
    }
