"""HTTP clients: requests over real sockets, and an OCTO client that checks each answer."""

import gzip
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx2

from tests.harness.octo_schemas import check_answer
from tests.harness.waiting import ANSWER_SECONDS

_days_ahead = count(10)


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @cached_property
    def body(self) -> Any:
        """The text as JSON."""
        return json.loads(self.text)

    @property
    def side(self) -> str:
        """Which half answered: only Django's views know this header."""
        return "django" if "X-Frame-Options" in self.headers else "edge"

    @property
    def error(self) -> str:
        """The code of a refusal in OCTO's form."""
        return str(self.body["error"])

    @property
    def message(self) -> str:
        """The sentence of a refusal in OCTO's form."""
        return str(self.body["errorMessage"])


def request(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: object = None,
    *,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request on a connection; ``body`` as JSON, or as it is when it is bytes."""
    sent = dict(headers or {})
    if key is not None:
        sent.setdefault("Authorization", f"Bearer {key}")
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    connection.request(method, path, body=body, headers=sent)
    response = connection.getresponse()
    content = response.read()
    if response.headers["Content-Encoding"] == "gzip":
        content = gzip.decompress(content)
    return Answer(response.status, response.headers, content.decode())


def request_once(
    port: int,
    method: str,
    path: str,
    body: object = None,
    *,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request to this machine on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        return request(connection, method, path, body, key=key, headers=headers)
    finally:
        connection.close()


def with_hyphens(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that were given as keyword arguments: ``Octo_Env`` is ``Octo-Env``."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class OctoClient:
    """A partner's client of OCTO: one keep-alive connection with one API key."""

    port: int
    key: str | None
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)

    def get(self, path: str, **headers: str) -> Answer:
        return self._send("GET", path, None, headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self._send("POST", path, body, headers)

    def patch(self, path: str, body: object, **headers: str) -> Answer:
        return self._send("PATCH", path, body, headers)

    def send(
        self, method: str, path: str, body: object = None, *, checked: bool = True, **headers: str
    ) -> Answer:
        return self._send(method, path, body, headers, checked=checked)

    def _send(
        self,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str],
        *,
        checked: bool = True,
    ) -> Answer:
        """Send ``body`` as JSON, or as it is when it is bytes. ``Octo_Env`` is ``Octo-Env``."""
        answer = request(
            self.connection, method, path, body, key=self.key, headers=with_hyphens(headers)
        )
        assert answer.headers["X-Request-Id"]
        if answer.status == 200:
            assert "Octo-Capabilities" in answer.headers
        else:
            assert answer.body["requestId"] == answer.headers["X-Request-Id"]
        if checked:
            check_answer(method, path, answer.status, answer.body)
        return answer

    def reserve(self, availability_id: str | None = None, **different: Any) -> Answer:
        """Reserve two adults on the river, on a date of their own unless one is given."""
        wanted = {
            "productId": "river-kayak",
            "optionId": "DEFAULT",
            "availabilityId": availability_id or a_slot(),
            "unitItems": [{"unitId": "adult"}, {"unitId": "adult"}],
        } | different
        return self.post(
            "/octo/bookings", {key: value for key, value in wanted.items() if value is not ABSENT}
        )

    def reserved(self, availability_id: str | None = None, **different: Any) -> Any:
        """Reserve, and return the booking ON_HOLD."""
        answer = self.reserve(availability_id, **different)
        assert answer.status == 200, answer.body
        return answer.body

    def confirmed(self, availability_id: str | None = None, **different: Any) -> Any:
        """Reserve and confirm, and return the booking."""
        held = self.reserved(availability_id, **different)
        answer = self.post(f"/octo/bookings/{held['uuid']}/confirm", {"contact": CLARA})
        assert answer.status == 200, answer.body
        return answer.body

    def vacancies(self, availability_id: str) -> int:
        question = {
            "productId": "river-kayak",
            "optionId": "DEFAULT",
            "availabilityIds": [availability_id],
        }
        (slot,) = self.post("/octo/availability", question).body
        return int(slot["vacancies"])


#: Leaves a field out of a request.
ABSENT = object()

CLARA = {
    "firstName": "Clara",
    "lastName": "Duarte",
    "emailAddress": "clara.duarte@example.com",
    "country": "PT",
    "locales": ["pt-PT", "en"],
}

NO_CONTACT: dict[str, object] = {
    **dict.fromkeys(
        (
            "fullName", "firstName", "lastName", "emailAddress", "phoneNumber", "postalCode",
            "country", "notes",
        )
    ),
    "locales": [],
}  # fmt: skip


def a_day() -> str:
    """Return a date that no other test uses."""
    return (datetime.now(UTC) + timedelta(days=next(_days_ahead))).date().isoformat()


def a_slot(time: str = "09:30") -> str:
    """Return the id of a departure on the river that no other test uses."""
    return slot_on(a_day(), time)


def slot_on(day: str, time: str = "09:30") -> str:
    return f"{day}T{time}:00{_lisbons_offset(day)}"


def a_uuid() -> str:
    return str(uuid4())


def _lisbons_offset(day: str) -> str:
    noon = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=ZoneInfo("Europe/Lisbon"))
    return noon.isoformat()[-6:]


def plain_browser(
    url: str, *, headers: Mapping[str, str] | None = None, follow_redirects: bool = False
) -> httpx2.Client:
    """Return a client that keeps cookies, for addresses below ``url``, without TLS.

    It would read the certificates of all authorities when it is made: 0.05 s of CPU each.
    """
    return httpx2.Client(
        base_url=url,
        headers=headers,
        follow_redirects=follow_redirects,
        timeout=ANSWER_SECONDS,
        verify=False,
    )
