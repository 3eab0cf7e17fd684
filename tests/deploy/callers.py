"""Programs that call a whole Portico: partners, staff and bad callers, who keep what was answered.

Each caller is a thread with a connection of its own. It repeats what is safe to repeat until it is
answered, as a partner's program should, and writes down which of its writes were acknowledged.
"""

import http.client
import json
import random
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.harness.clients import CLARA, Answer, slot_on

#: How long a caller waits for one answer, and goes on repeating one request, on a busy machine.
ANSWER_SECONDS = 120
INSIST_SECONDS = 300

#: The pause of a caller between two requests: what matters is the mixture, not the rate.
PAUSE_SECONDS = 0.4


@dataclass
class Caller(ABC):
    """One program that calls until the load is over, and what it was answered."""

    port: int
    key: str
    number: int
    days: list[str]
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: int = 0
    longest_seconds: float = 0.0
    cookie: str = ""
    is_over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=ANSWER_SECONDS
        )

    def run(self) -> None:
        """Call until the load is over; what is begun is brought to its end."""
        while not self.is_over.is_set():
            try:
                self.call_once()
            except Exception as error:
                self.wrong.append(f"{type(self).__name__}: {error!r}")
                self._connection.close()
            self.is_over.wait(PAUSE_SECONDS)
        self._connection.close()

    @abstractmethod
    def call_once(self) -> None:
        """Do one piece of work: a request, or a few that belong together."""

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Answer | None:
        """Send a request, and return the answer; None when the connection broke."""
        sent = {"Authorization": f"Bearer {self.key}", "Cookie": self.cookie}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = json.dumps(body).encode() if body is not None else None
        if content is not None:
            sent["Content-Type"] = "application/json"
        began_at = time.monotonic()
        try:
            self._connection.request(method, path, content, sent)
            response = self._connection.getresponse()
            text = response.read()
        except TimeoutError:
            self.wrong.append(f"{method} {path}: not answered in {ANSWER_SECONDS} s")
            self._connection.close()
            return None
        except (OSError, http.client.HTTPException):
            self.lost += 1
            self._connection.close()
            return None
        self.longest_seconds = max(self.longest_seconds, time.monotonic() - began_at)
        self.statuses[response.status] += 1
        return Answer(response.status, response.headers, text.decode())

    def insist(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[Answer, bool]:
        """Repeat a request until it is carried out; return whether an answer may have been lost."""
        deadline = time.monotonic() + INSIST_SECONDS
        is_in_doubt = False
        while time.monotonic() < deadline:
            answer = self.send(method, path, body, **headers)
            if answer is None:
                is_in_doubt = True
                time.sleep(0.1)
            elif answer.status in (429, 503):
                # 503 may also be said of a write of which PostgreSQL's answer was lost.
                is_in_doubt = True
                time.sleep(float(answer.headers["Retry-After"]))
            elif answer.status in (502, 504) and not path.startswith("/octo"):
                # Django's process ended while it worked on this: it may have been carried out.
                is_in_doubt = True
                time.sleep(0.5)
            else:
                if answer.status >= 500:
                    self.wrong.append(f"{method} {path}: {answer.status} {answer.text:.300}")
                return answer, is_in_doubt
        raise AssertionError(f"{method} {path} was not carried out in {INSIST_SECONDS} s")

    def expect(
        self, statuses: Iterable[int], method: str, path: str, body: object = None, **headers: str
    ) -> Answer:
        """Repeat a request until it is carried out, and return the right answer."""
        answer, _ = self.insist(method, path, body, **headers)
        if answer.status not in statuses:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.text:.300}")
        return answer


@dataclass
class Booker(Caller):
    """Takes bookings through their lives, each change repeated after a lost answer."""

    #: What the caller knows of each booking: its status and the types of its events.
    bookings: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    #: Reservations that were never answered for good.
    unanswered: set[str] = field(default_factory=set)
    #: Bookings of which one extension may have been carried out, as far as the caller was told.
    in_doubt: set[str] = field(default_factory=set)

    def call_once(self) -> None:
        uuid = str(uuid4())
        path = f"/octo/bookings/{uuid}"
        self.unanswered.add(uuid)
        self.expect([200], "POST", "/octo/bookings", self.reservation(uuid))
        self.unanswered.discard(uuid)
        events = ["booking.reserved"]
        self.bookings[uuid] = ("ON_HOLD", events)
        for number in range(self.chance.randrange(3)):
            sent = {"expirationMinutes": 5 + number}
            self.expect([200], "POST", f"{path}/extend", sent, Idempotency_Key=f"{uuid} {number}")
            events.append("booking.extended")
        self.extend_without_a_key(uuid, events)
        assert self.expect([200], "GET", path).body["status"] == "ON_HOLD"
        if self.chance.random() < 0.6:
            self.confirm(uuid, events)
        if self.bookings[uuid][0] == "ON_HOLD" or self.chance.random() < 0.9:
            self.cancel(uuid, events)

    def extend_without_a_key(self, uuid: str, events: list[str]) -> None:
        """Repeat an extension only when told that nothing was done."""
        while True:
            path = f"/octo/bookings/{uuid}/extend"
            answer = self.send("POST", path, {"expirationMinutes": 1})
            if answer is None or "may be carried out or not" in answer.text:
                self.in_doubt.add(uuid)
                return
            if answer.status == 200:
                events.append("booking.extended")
                return
            if answer.status not in (429, 503):
                raise AssertionError(f"POST {path}: {answer.status} {answer.text:.300}")
            time.sleep(float(answer.headers["Retry-After"]))

    def reservation(self, uuid: str) -> dict[str, Any]:
        day, time_of_day = (
            self.chance.choice(self.days[10:]),
            self.chance.choice(["09:30", "14:00"]),
        )
        return a_reservation(uuid, slot_on(day, time_of_day), adults=1)

    def confirm(self, uuid: str, events: list[str]) -> None:
        for _ in range(2):
            self.expect([200], "POST", f"/octo/bookings/{uuid}/confirm", {"contact": CLARA})
        events.append("booking.confirmed")
        self.bookings[uuid] = ("CONFIRMED", events)

    def cancel(self, uuid: str, events: list[str]) -> None:
        for _ in range(2):
            self.expect([200], "POST", f"/octo/bookings/{uuid}/cancel", {})
        events.append("booking.cancelled")
        self.bookings[uuid] = ("CANCELLED", events)


def a_reservation(uuid: str, slot: str, *, adults: int) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "productId": "river-kayak",
        "optionId": "DEFAULT",
        "availabilityId": slot,
        "unitItems": [{"unitId": "adult"}] * adults,
    }


class LastPlacesBooker(Booker):
    """Competes with others for the places of one departure, which are never enough."""

    def call_once(self) -> None:
        uuid = str(uuid4())
        self.unanswered.add(uuid)
        wanted = a_reservation(uuid, slot_on(self.days[0]), adults=5)
        answer, _ = self.insist("POST", "/octo/bookings", wanted)
        self.unanswered.discard(uuid)
        if answer.status == 200:
            self.bookings[uuid] = ("ON_HOLD", ["booking.reserved"])
            self.is_over.wait(PAUSE_SECONDS)
            self.cancel(uuid, self.bookings[uuid][1])
        elif answer.status != 400:
            raise AssertionError(f"{answer.status} {answer.text:.300}")


@dataclass
class UserKeeper(Caller):
    """Makes and changes users, through whichever half answers at the time."""

    ages: dict[str, int] = field(default_factory=dict)
    emails: set[str] = field(default_factory=set)

    def call_once(self) -> None:
        email = f"{uuid4().hex}@example.com"
        self.emails.add(email)
        answer, is_in_doubt = self.insist("POST", "/v1/users", {"email": email, "age": 30})
        if answer.status == 409 and is_in_doubt:
            # The first attempt had been carried out.
            self.emails.add(email)
            return
        if answer.status != 201:
            raise AssertionError(f"{answer.status} {answer.text:.300}")
        path = f"/v1/users/{answer.body['id']}"
        self.ages[email] = 30
        age = self.chance.randrange(18, 99)
        self.expect([200], "PATCH", path, {"age": age})
        self.ages[email] = age
        found = self.expect([200], "GET", path).body
        assert (found["email"], found["age"]) == (email, age)
        self.expect([200], "GET", "/v1/users?limit=3")


class Reader(Caller):
    """Searches as a shop does, and reads what only Django serves."""

    def call_once(self) -> None:
        first = self.chance.randrange(len(self.days) - 8)
        question = {
            "productId": "river-kayak",
            "optionId": "DEFAULT",
            "localDateStart": self.days[first],
            "localDateEnd": self.days[first + 7],
        }
        for slot in self.expect([200], "POST", "/octo/availability", question).body:
            assert 0 <= slot["vacancies"] <= 12
        self.expect([200], "GET", "/octo/products")
        self.expect([200], "GET", "/v1/statements")


class StaffUser(Caller):
    """Reads the pages of the admin, passed through to Django."""

    PAGES = (
        "/admin/",
        "/admin/bookings/booking/",
        "/admin/users/user/",
        "/admin/endpoints/endpoint/",
        "/admin/catalog/departure/",
    )

    def call_once(self) -> None:
        page = self.expect([200], "GET", self.chance.choice(self.PAGES))
        assert "logout" in page.text


class CarelessCaller(Caller):
    """Sends what is wrong, and expects to be told so."""

    REQUESTS: tuple[tuple[str, str, object, dict[str, str], int], ...] = (
        ("POST", "/octo/bookings", {"productId": 7}, {}, 400),
        ("POST", "/octo/availability", {"productId": "gone", "optionId": "DEFAULT"}, {}, 400),
        ("GET", "/octo/bookings/nothing", None, {}, 400),
        ("POST", "/v1/users", {"email": "no address", "age": "thirty"}, {}, 422),
        ("GET", "/v1/users?limit=many", None, {}, 422),
        ("GET", "/v1/nothing", None, {}, 404),
        ("GET", "/octo/products", None, {"Authorization": "Bearer pk_live_wrong"}, 403),
        ("GET", "/v1/users", None, {"Authorization": ""}, 401),
    )

    def call_once(self) -> None:
        method, path, body, headers, status = self.chance.choice(self.REQUESTS)
        answer, _ = self.insist(method, path, body, **headers)
        if not 400 <= answer.status < 500:
            raise AssertionError(f"{method} {path}: {answer.status}, not {status}")


class SlowCaller(Caller):
    """Sends the head of a request, or its body, a byte at a time, or nothing at all."""

    BEGINNINGS = (
        b"GET /octo/products HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /admin/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n",
        b"",
    )

    def call_once(self) -> None:
        ends_at = time.monotonic() + 20
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", self.port))) as held:
            held.sendall(self.chance.choice(self.BEGINNINGS))
            while time.monotonic() < ends_at and not self.is_over.wait(0.5):
                held.sendall(b"x")
