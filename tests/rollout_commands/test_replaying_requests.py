"""``rollout replay`` sends recorded requests to the edge, and fails where the halves differ."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from core_site.rollout.evidence_models import Recording
from shared_domain.rollout.wire import Verdict
from tests.rollout_commands.commanding import ADD_USER, EXAMPLE, USERS, row_of, run_rollout
from tests.rollout_commands.stub_edge import PARITY_KEY, StubEdge, run_stub_edge

pytestmark = pytest.mark.usefixtures("registered", "keys")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTICO_PARITY_KEY", PARITY_KEY)
    monkeypatch.setenv("PORTICO_REPLAY_KEY", "pk_test_replay")


@pytest.fixture
def edge() -> Iterator[StubEdge]:
    with run_stub_edge() as opened:
        yield opened


def record(name: tuple[str, str], target: str, **values: Any) -> None:
    Recording.objects.create(
        **{
            "endpoint": row_of(name),
            "at": timezone.now(),
            "fingerprint": target[-32:],
            "status": 200,
            "target": target,
            "headers": {"accept": "application/json"},
        }
        | values
    )


def test_everything_agrees(edge: StubEdge) -> None:
    record(USERS, "/v1/users/1")
    record(USERS, "/v1/users/2?full=1")

    replayed = run_rollout("replay", "--edge", edge.url)

    assert (replayed.status, replayed.stderr) == (0, "")
    assert replayed.stdout.endswith("2 of 2 requests agree, none differs.\n")
    assert [(method, target) for method, target, _, _ in edge.asked] == [
        ("GET", "/v1/users/1"),
        ("GET", "/v1/users/2?full=1"),
    ]


def test_a_request_is_sent_as_it_was_recorded_with_the_callers_own_key(edge: StubEdge) -> None:
    record(
        ADD_USER,
        "/v1/users",
        headers={"accept": "text/csv", "Authorization": "Bearer old", "host": "old.example"},
        body={"email": "ä@b"},
    )

    run_rollout("replay", "--edge", edge.url, "--writes")

    ((method, _, headers, body),) = edge.asked
    assert (method, json.loads(body)) == ("POST", {"email": "ä@b"})
    assert headers["accept"] == "text/csv"
    assert headers["Authorization"] == "Bearer pk_test_replay"
    assert headers["Host"] == edge.url.removeprefix("http://")
    assert headers["Content-Type"] == "application/json"


CREDENTIALS = [
    ("Authorization: Token abc", {"Authorization": "Token abc"}, "/v1/users?full=1"),
    ("X-Api-Key:  abc ", {"X-Api-Key": "abc"}, "/v1/users?full=1"),
    (
        "Cookie: a=b; c=d\n\nX-Tenant: t",
        {"Cookie": "a=b; c=d", "X-Tenant": "t"},
        "/v1/users?full=1",
    ),
    ("?api_key=a%20b", {}, "/v1/users?full=1&api_key=a+b"),
    ("?full=0\naccept: text/csv", {"accept": "text/csv"}, "/v1/users?full=0"),
]


@pytest.mark.parametrize("is_in_file", [True, False])
@pytest.mark.parametrize(("lines", "headers", "target"), CREDENTIALS)
def test_a_shops_caller_is_shown_in_the_shops_own_way(
    edge: StubEdge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_in_file: bool,
    lines: str, headers: dict[str, str], target: str,
) -> None:  # fmt: skip
    record(USERS, "/v1/users?full=1")
    file = tmp_path / "caller"
    file.write_text(lines)
    file.chmod(0o600)
    if not is_in_file:
        monkeypatch.setenv("PORTICO_REPLAY_AS", lines)

    replayed = run_rollout(
        *("replay", "--edge", edge.url), *(("--credentials", str(file)) if is_in_file else ())
    )

    assert replayed.status == 0, replayed.stderr
    ((_, asked_for, sent, _),) = edge.asked
    assert asked_for == target
    assert {name: sent[name] for name in headers} == headers
    assert ("Authorization" in sent) is ("Authorization" in headers)
    assert "abc" not in replayed.stdout + replayed.stderr


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("secret-without-a-name", "line 1: neither"),
        ("X-Api-Key: abc\nX-Key: secret\x7f", "line 2: neither"),
        ("X-Api-Key: sécret", "line 1: neither"),
        ("X-Api-Key: secret\nx-api-key: secret", "line 2: neither"),
        ("Host: secret", "line 1: neither"),
        ("Portico-Compare: secret", "line 1: neither"),
        ("?secret", "line 1: neither"),
        (" \n ", "say who calls"),
    ],
)
def test_what_cannot_be_sent_is_named_and_not_shown(
    edge: StubEdge, monkeypatch: pytest.MonkeyPatch, lines: str, why: str
) -> None:
    record(USERS, "/v1/users/1")
    monkeypatch.delenv("PORTICO_REPLAY_KEY")
    monkeypatch.setitem(os.environ, "PORTICO_REPLAY_AS", lines)

    refused = run_rollout("replay", "--edge", edge.url)

    assert (refused.status, edge.asked) == (2, [])
    assert why in refused.stderr
    assert "secret" not in refused.stdout + refused.stderr


@pytest.mark.parametrize(
    ("mode", "why"), [(0o640, "others can read"), (0o604, "others can read"), (None, "cannot read")]
)
def test_a_file_of_credentials_is_its_owners_alone(
    edge: StubEdge, tmp_path: Path, mode: int | None, why: str
) -> None:
    record(USERS, "/v1/users/1")
    file = tmp_path / "caller"
    if mode is not None:
        file.write_text("X-Api-Key: abc")
        file.chmod(mode)

    refused = run_rollout("replay", "--edge", edge.url, "--credentials", str(file))

    assert (refused.status, edge.asked) == (2, [])
    assert why in refused.stderr


def test_a_difference_is_shown_with_its_place_and_its_request(edge: StubEdge) -> None:
    record(USERS, "/v1/users/1")
    record(USERS, "/v1/users/2")
    edge.verdicts["/v1/users/2"] = "mismatch"
    edge.differences.append(EXAMPLE)

    replayed = run_rollout("replay", "--edge", edge.url)

    assert replayed.status == 1
    assert "GET /v1/users/2: differs, in request request-2\n  /name  value\n" in replayed.stdout
    assert replayed.stdout.endswith("1 of 2 requests differ.\n")


def test_an_unstable_edge_is_a_difference(edge: StubEdge) -> None:
    record(USERS, "/v1/users/1")
    edge.verdicts["/v1/users/1"] = Verdict.UNSTABLE

    replayed = run_rollout("replay", "--edge", edge.url)

    assert replayed.status == 1
    assert "GET /v1/users/1: differs" in replayed.stdout


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if not verdict.is_compared])
def test_what_decides_nothing_proves_nothing(edge: StubEdge, verdict: str) -> None:
    record(USERS, "/v1/users/1")
    edge.verdicts["/v1/users/1"] = verdict

    replayed = run_rollout("replay", "--edge", edge.url)

    assert replayed.status == 4
    assert "Nothing agreed of GET /v1/users/{id}" in replayed.stdout


def test_nothing_recorded_is_no_success(edge: StubEdge) -> None:
    replayed = run_rollout("replay", "--edge", edge.url)

    assert (replayed.status, edge.asked) == (4, [])
    assert "nothing is recorded" in replayed.stderr


def test_writes_are_sent_only_when_that_is_asked_for(edge: StubEdge) -> None:
    record(USERS, "/v1/users/1")
    record(ADD_USER, "/v1/users", status=201)

    replayed = run_rollout("replay", "--edge", edge.url)

    assert replayed.status == 0
    assert "1 writes were left out" in replayed.stdout
    assert [method for method, *_ in edge.asked] == ["GET"]


def test_one_endpoint_can_be_asked_for(edge: StubEdge) -> None:
    record(USERS, "/v1/users/1")
    record(ADD_USER, "/v1/users")

    document = run_rollout("replay", *ADD_USER, "--edge", edge.url, "--writes", "--json").document

    (told,) = document["endpoints"]
    assert (told["method"], told["path_template"]) == ADD_USER
    assert (told["sent"], told["verdicts"]) == (1, {"match": 1})


def test_how_many_had_their_old_status_is_told(edge: StubEdge) -> None:
    record(USERS, "/v1/users/1", status=404)
    record(USERS, "/v1/users/2", status=200)

    (told,) = run_rollout("replay", "--edge", edge.url, "--json").document["endpoints"]

    assert (told["sent"], told["as_recorded"]) == (2, 1)


@pytest.mark.parametrize("status", [401, 403, 302])
def test_a_key_that_is_not_let_in_is_no_agreement(edge: StubEdge, status: int) -> None:
    record(USERS, "/v1/users/1")
    edge.status = status

    replayed = run_rollout("replay", "--edge", edge.url)

    assert replayed.status == 6
    assert f"answered with {status} instead of 200" in replayed.stderr
    assert "pk_test_replay" not in replayed.stdout + replayed.stderr


def test_an_edge_with_another_key_compares_nothing(
    edge: StubEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(USERS, "/v1/users/1")
    monkeypatch.setenv("PORTICO_PARITY_KEY", "of another edge")

    replayed = run_rollout("replay", "--edge", edge.url)

    assert replayed.status == 5
    assert "the edge does not know PORTICO_PARITY_KEY" in replayed.stdout


def test_an_edge_that_is_not_there(edge: StubEdge) -> None:
    record(USERS, "/v1/users/1")

    replayed = run_rollout("replay", "--edge", "http://127.0.0.1:1")

    assert replayed.status == 6
    assert replayed.stderr == (
        "CommandError: the edge at http://127.0.0.1:1 does not answer "
        "(ConnectionRefusedError); is it running?\n"
    )


@pytest.mark.parametrize(
    ("missing", "status", "why"),
    [
        ("PORTICO_PARITY_KEY", 6, "PORTICO_PARITY_KEY is not set"),
        ("PORTICO_REPLAY_KEY", 2, "say who calls: PORTICO_REPLAY_KEY holds an API key"),
    ],
)
def test_both_keys_are_needed(
    edge: StubEdge, monkeypatch: pytest.MonkeyPatch, missing: str, status: int, why: str
) -> None:
    record(USERS, "/v1/users/1")
    monkeypatch.delenv(missing)

    refused = run_rollout("replay", "--edge", edge.url)

    assert (refused.status, edge.asked) == (status, [])
    assert why in refused.stderr


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://edge", "http://", "http://a:b@edge", "http://edge/v1",
            "http://edge:x", "http://[edge"],
)  # fmt: skip
def test_an_address_that_is_none(url: str) -> None:
    refused = run_rollout("replay", "--edge", url)

    assert refused.status == 2
    assert "is not the address of an edge" in refused.stderr


class TestFiles:
    """Recordings go through a file, which a repository can keep for its CI."""

    def test_what_is_saved_is_what_is_sent(self, edge: StubEdge, tmp_path: Path) -> None:
        file = tmp_path / "recordings.json"
        record(USERS, "/v1/users/1", body=["kept"], status=404)

        saved = run_rollout("replay", "--save", str(file))
        Recording.objects.all().delete()
        replayed = run_rollout("replay", "--file", str(file), "--edge", edge.url)

        assert (saved.status, saved.stdout) == (0, f"Saved 1 recordings to {file}.\n")
        assert replayed.status == 0
        ((_, target, _, body),) = edge.asked
        assert (target, json.loads(body)) == ("/v1/users/1", ["kept"])

    @pytest.mark.django_db(transaction=False)
    def test_saving_needs_no_key(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("PORTICO_PARITY_KEY")
        monkeypatch.delenv("PORTICO_REPLAY_KEY")
        record(USERS, "/v1/users/1")

        assert run_rollout("replay", "--save", str(tmp_path / "it")).status == 0

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (None, "cannot read"),
            ("{", "is not JSON"),
            ("[]", "holds no recordings"),
            ('{"portico_recordings": 1}', "holds no recordings"),
            ('{"portico_recordings": 1, "requests": [{}]}', "request 1: lacks a part"),
            ('{"portico_recordings": 1, "requests": [7]}', "request 1: lacks a part"),
        ],
    )
    def test_a_file_that_holds_none(self, tmp_path: Path, content: str | None, why: str) -> None:
        file = tmp_path / "recordings.json"
        if content is not None:
            file.write_text(content)

        refused = run_rollout("replay", "--file", str(file))

        assert refused.status == 2
        assert why in refused.stderr

    @pytest.mark.parametrize(
        ("part", "value"),
        [
            ("method", "GET /"),
            ("target", "/a\r\nX: y"),
            ("target", "http://elsewhere/"),
            ("headers", {"accept\r\n": "x"}),
            ("headers", {"accept": "x\r\ny: z"}),
            ("headers", []),
            ("status", "200"),
        ],
    )
    def test_no_request_becomes_two_on_the_wire(
        self, tmp_path: Path, part: str, value: object
    ) -> None:
        request = {
            "method": "GET", "path_template": "/a", "target": "/a", "status": 200, "headers": {},
            "body": None,
        } | {part: value}  # fmt: skip
        file = tmp_path / "recordings.json"
        file.write_text(json.dumps({"portico_recordings": 1, "requests": [request]}))

        refused = run_rollout("replay", "--file", str(file))

        assert refused.status == 2
        assert f"request 1: its {part} cannot be sent" in refused.stderr
