"""What the edge reads is kept for Django as well, as far as one body and all together may take."""

import asyncio

import pytest
from starlette.types import Message

from api_edge.http.body_memory import BodyMemory
from api_edge.rollout.body_buffer import BufferedBody

PARTS = [b"a" * 40, b"b" * 60]


def parts_of(body: list[bytes]) -> list[Message]:
    return [
        {"type": "http.request", "body": part, "more_body": number < len(body)}
        for number, part in enumerate(body, 1)
    ]


@pytest.mark.parametrize(
    ("one_may_take", "all_may_take", "is_lost"),
    [(100, 100, False), (99, 1_000, True), (1_000, 99, True)],
)
def test_a_longer_one_is_given_to_the_first_alone(
    one_may_take: int, all_may_take: int, is_lost: bool
) -> None:
    async def read_twice() -> None:
        waiting, memory = parts_of(PARTS), BodyMemory(all_may_take)

        async def receive() -> Message:
            return waiting.pop(0)

        with memory.hold() as lease:
            body = BufferedBody(receive, [(b"content-length", b"100")], lease)
            first = body.receive(keeps_bytes=one_may_take)

            assert [(await first())["body"] for _ in PARTS] == PARTS
            assert (body.is_lost, body.is_whole) == (is_lost, not is_lost)
            assert body.body == (b"" if is_lost else b"".join(PARTS))
            if not is_lost:
                assert await body.receive()() == parts_of([b"".join(PARTS)])[0]
        assert memory.bytes_left == all_may_take

    asyncio.run(read_twice())
