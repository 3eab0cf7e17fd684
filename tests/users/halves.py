"""The two halves that serve ``/v1/users``, each as a real process, on one database."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from api_edge.http.request_id import PARTNER_HEADERS
from api_edge.v1.django_differences import REST_FRAMEWORKS_WORDS
from shared_domain.rollout import Outcome, Response, compare
from shared_domain.rollout.wire import PROBLEM_HEADER
from tests.harness.clients import Answer, request_once, with_hyphens
from tests.users.documented import check_documented

_numbers = count(1)

#: What differs from response to response, wherever it comes from.
FIELDS_OF_ONE_REQUEST = ("requestId",)


def compared(answer: Answer) -> tuple[int, str, object]:
    """Return what must be the same in two responses of one half."""
    body = {key: value for key, value in answer.body.items() if key not in FIELDS_OF_ONE_REQUEST}
    return answer.status, answer.headers["Content-Type"], body


def outcome(answer: Answer) -> Outcome:
    # What Django tells the edge of a refusal, no caller sees: the proxy takes it off. Some headers
    # the edge adds to the answers of both halves.
    added = {(name.decode(), value.decode()) for name, value in PARTNER_HEADERS.items()}
    headers = tuple(
        (name.lower(), value)
        for name, value in answer.headers.items()
        if name.lower() != PROBLEM_HEADER and (name.lower(), value) not in added
    )
    return Outcome(Response(answer.status, headers, answer.text.encode()))


@dataclass(frozen=True)
class Half:
    """One way in: Django's views or the edge's endpoints."""

    name: str
    port: int
    key: str | None

    def with_key(self, key: str | None) -> "Half":
        return Half(self.name, self.port, key)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, body: object, path: str = "/v1/users", **headers: str) -> Answer:
        return self.send("POST", path, body, **headers)

    def patch(self, user_id: str, body: object, **headers: str) -> Answer:
        return self.send("PATCH", f"/v1/users/{user_id}", body, **headers)

    def delete(self, user_id: str, **headers: str) -> Answer:
        return self.send("DELETE", f"/v1/users/{user_id}", **headers)

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send ``body`` as JSON, or as it is when it is bytes. ``Octo_Env`` is ``Octo-Env``."""
        answer = request_once(
            self.port, method, path, body, key=self.key, headers=with_hyphens(headers)
        )
        assert answer.headers["X-Request-Id"]
        if answer.status >= 400:
            assert answer.body["requestId"] == answer.headers["X-Request-Id"]
            assert answer.body["status"] == answer.status
        # The document promises it to a caller whichever half answers.
        if answer.status != 204:
            kind = answer.headers["Content-Type"]
            check_documented(method, path, answer.status, kind, answer.body)
        return answer

    def created(self, Idempotency_Key: str | None = None, **different: object) -> dict[str, Any]:
        """Make a user with an address of its own, and return it."""
        headers = {} if Idempotency_Key is None else {"Idempotency_Key": Idempotency_Key}
        answer = self.post({"email": an_email(), "age": 30} | different, **headers)
        assert answer.status == 201, answer.text
        user: dict[str, Any] = answer.body
        return user


@dataclass(frozen=True)
class Halves:
    """Both ways in, with the key of the same partner."""

    django: Half
    edge: Half

    def both(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send the same request to both, and return the edge's answer.

        The two differ in what the endpoints' parity rules declare, and in nothing else.
        """
        return self.each(method, path, body, **headers)[1]

    def each(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[Answer, Answer]:
        """Send the same request to both, as ``both`` does; return both answers, Django's first."""
        by_django = self.django.send(method, path, body, **headers)
        by_edge = self.edge.send(method, path, body, **headers)
        differences = compare(
            outcome(by_django), outcome(by_edge), REST_FRAMEWORKS_WORDS, is_write=False
        )
        assert differences == [], (by_django.text, by_edge.text)
        return by_django, by_edge

    def with_key(self, key: str | None) -> "Halves":
        return Halves(self.django.with_key(key), self.edge.with_key(key))


def an_email() -> str:
    """Return an address that no other test uses."""
    return f"guest-{next(_numbers)}@example.com"
