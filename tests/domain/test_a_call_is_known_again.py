"""A repeated call is known by its key, and told from another one by its content."""

import json

import pytest

from shared_domain.idempotency import (
    Answer,
    AnswerNotKept,
    CallStillRunning,
    EarlierCall,
    IdempotencyKeyReused,
    IdempotentCall,
    InvalidKey,
    Replayed,
    begin_call,
    build_call,
    parse_key,
)
from shared_domain.idempotency.fingerprints import find_subject
from shared_domain.partners import Access, PartnerId
from shared_domain.run_now import run_now

ALICE = Access(partner_id=PartnerId(1), test_mode=False)
UUID_TEXT = "0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18"
DONE = Answer(status=201, headers={"location": "/here"}, body=b"{}")


def a_call(
    key: str = "one",
    access: Access = ALICE,
    method: str = "POST",
    path: str = "/users",
    query: str = "",
    body: bytes = b'{"age": 30, "email": "a@example.com"}',
) -> IdempotentCall:
    return build_call(key, access=access, method=method, path=path, query=query, body=body)


class Store:
    """One record, and whether another transaction holds the lock."""

    def __init__(self, earlier: EarlierCall | None, *, is_locked: bool = False) -> None:
        self.earlier = earlier
        self.is_locked = is_locked

    async def lock(self, call: IdempotentCall, *, waits: bool) -> bool:
        return waits or not self.is_locked

    async def find(self, key_digest: bytes) -> EarlierCall | None:
        return self.earlier

    async def insert(self, *_: object, **__: object) -> None: ...


def begin(call: IdempotentCall, store: Store, *, waits: bool = False) -> None:
    run_now(begin_call(call, waits=waits, store=store))


def carried_out(call: IdempotentCall, answer: Answer | None = DONE) -> Store:
    return Store(EarlierCall(fingerprint=call.fingerprint, answer=answer))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        (' "a b" ', "a b"),
        (r'"a\"b\\c"', r'a"b\c'),
        ('a"b', 'a"b'),
        ("k" * 255, "k" * 255),
        ('"' + "k" * 255 + '"', "k" * 255),
    ],
)
def test_a_key_may_stand_in_quotes(text: str, key: str) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize("text", ["", '""', '"a', '"a"b"', '"a";b=1', "k" * 256, "clé", "a\nb"])
def test_what_cannot_be_a_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidKey):
        parse_key(text)


@pytest.mark.parametrize(
    "other",
    [
        a_call(access=Access(partner_id=PartnerId(2), test_mode=False)),
        a_call(access=Access(partner_id=PartnerId(1), test_mode=True)),
        a_call(path="/users/1"),
        a_call(key="two"),
    ],
)
def test_partner_mode_and_path_make_another_key(other: IdempotentCall) -> None:
    assert other.key_digest != a_call().key_digest
    assert other.fingerprint != a_call().fingerprint


@pytest.mark.parametrize(
    ("repeated", "part"),
    [
        (a_call(body=b'{"age": 31, "email": "a@example.com"}'), "age"),
        (a_call(body=b'{"age": 30}'), "email"),
        (a_call(body=b'{"age": 30, "email": "a@example.com", "method": 1}'), "body.method"),
        (a_call(body=b"[1]"), "age"),
        (a_call(method="PATCH"), "method"),
        (a_call(query="dry=1"), "query"),
    ],
)
def test_other_content_is_refused_by_the_field_that_differs(
    repeated: IdempotentCall, part: str
) -> None:
    with pytest.raises(IdempotencyKeyReused) as refused:
        begin(repeated, carried_out(a_call()))

    assert refused.value.part == part
    assert refused.value.first != refused.value.repeated


def test_the_order_of_fields_makes_no_other_request() -> None:
    spelled = a_call(body=b'{"email":"a@example.com",\n "age":30}')

    with pytest.raises(Replayed) as replayed:
        begin(spelled, carried_out(a_call()))

    assert replayed.value.answer == DONE


def test_nothing_stored_tells_what_was_sent() -> None:
    """The same age of another caller, or under another key, has another hash."""
    hashes = {a_call(key=key).fingerprint["age"] for key in ("one", "two", "three")}

    assert len(hashes) == 3


def test_a_call_that_is_running_is_waited_for_or_told() -> None:
    with pytest.raises(CallStillRunning):
        begin(a_call(), Store(None, is_locked=True))

    begin(a_call(), Store(None, is_locked=True), waits=True)


@pytest.mark.parametrize("fingerprint", [{}, a_call().fingerprint])
def test_what_was_done_is_not_done_again_although_its_answer_is_gone(
    fingerprint: dict[str, str],
) -> None:
    with pytest.raises(AnswerNotKept):
        begin(a_call(), Store(EarlierCall(fingerprint=fingerprint, answer=None)))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/bookings/{UUID_TEXT}/extend", b"{}"),
        ("/bookings", f'{{"uuid": "{UUID_TEXT}", "id": "other"}}'.encode()),
        ("/users", f'{{"id": "{UUID_TEXT}"}}'.encode()),
    ],
)
def test_an_answer_is_found_by_what_it_is_about(path: str, body: bytes) -> None:
    answer = Answer(status=200, headers={}, body=body)

    assert str(find_subject(a_call(path=path), answer)) == UUID_TEXT


@pytest.mark.parametrize(
    "content",
    [
        {str(number): number for number in range(51)},
        # PostgreSQL's JSON does not hold these, and OCTO ignores a field that it does not know.
        {"a\x00": 1},
        {"a\ud800": 1},
    ],
    ids=["many", "nul", "surrogate"],
)
def test_a_body_whose_names_are_not_stored_has_one_hash(content: dict[str, int]) -> None:
    call = a_call(body=json.dumps(content).encode())

    assert set(call.fingerprint) == {"method", "query", "body"}
