"""A stack whose Django has odd endpoints and whose edge is wrong on request."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.harness.clients import Answer
from tests.harness.databases import PARITY_KEY, CommittedDatabase
from tests.harness.waiting import eventually
from tests.rollout.stack import Stack, an_email, running_stack

#: How long a write of this stack may wait for its dry run where that is one that does not end:
#: ``with stack.limits(DRY_RUN_SECONDS=DRY_RUN_SECONDS)``.
DRY_RUN_SECONDS = 1.5

#: What lets a request be compared at once.
TOKEN = hmac.new(PARITY_KEY.encode(), b"portico compare", hashlib.sha256).hexdigest()


class OddDatabase(CommittedDatabase):
    """A database whose Django runs with the odd settings."""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"DJANGO_SETTINGS_MODULE": "tests.rollout.odd_settings"}


@dataclass(frozen=True)
class Compared:
    """Django's answer, and what comparing it with the edge's has shown."""

    answer: Answer
    verdict: str
    shown: list[dict[str, Any]]

    @property
    def places(self) -> set[tuple[str, str]]:
        """Where they differ, and how."""
        return {(difference["path"], difference["kind"]) for difference in self.shown}


@dataclass
class WrongStack(Stack):
    def compare(
        self, method: str, path: str, body: object = None, *, wrong: str = "", **more: Any
    ) -> Compared:
        """Have a request compared at once, with an edge that is wrong in one way."""
        headers = {"X-Be-Wrong": wrong, "Portico-Compare": TOKEN} | more.pop("headers", {})
        answer = self.ask(method, path, body, headers=headers, **more)
        shown = json.loads(answer.headers["Portico-Differences"])
        return Compared(answer, answer.headers["Portico-Parity"], shown)

    def ask_wrongly(self, method: str, path: str, body: object = None, *, wrong: str) -> Answer:
        return self.ask(method, path, body, headers={"X-Be-Wrong": wrong})

    def verdict_on(self, answer: Answer) -> str:
        """Return what the comparison of an answered request has shown, once it is written."""
        found: list[tuple[Any, ...]] = []

        def is_there() -> bool:
            found[:] = self.rows(
                "SELECT verdict FROM endpoints_paritycheck WHERE request_id = %s",
                answer.headers["X-Request-Id"],
            )
            return bool(found)

        assert eventually(is_there), self.edge.log.read_text()[-3000:]
        return str(found[0][0])

    def count(self, column: str) -> int:
        """Return one sum of the hourly counts, of all endpoints."""
        return int(self.value(f"SELECT coalesce(sum({column}), 0) FROM endpoints_endpointhour"))

    def count_so_far(self, column: str) -> int:
        """Return a count with all that happened before this moment."""
        self.settle()
        return self.count(column)

    def a_user(self, **different: object) -> dict[str, Any]:
        """Make a user, through Django."""
        made = self.ask("POST", "/v1/users", {"email": an_email(), "age": 30} | different)
        assert made.status == 201, made.text
        user: dict[str, Any] = made.body
        assert UUID(user["id"])
        return user


@contextmanager
def running_wrong_stack(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]], logs: Path
) -> Iterator[WrongStack]:
    @contextmanager
    def make_odd_database() -> Iterator[OddDatabase]:
        with make_committed_database() as database:
            yield OddDatabase(**vars(database))

    with running_stack(
        make_odd_database,
        logs,
        app="tests.rollout.wrong_edge:create_app()",
        # However busy the machine is, a write is compared.
        PORTICO_DRY_RUN_SECONDS="60",
    ) as stack:
        yield WrongStack(**vars(stack))
