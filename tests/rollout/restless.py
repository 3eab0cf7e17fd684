"""An answer that is never twice the same, but for its prices; both odd halves make it."""

import random
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4


def restless_answer() -> dict[str, Any]:
    entries = [{"number": number, "price": 100 * number} for number in range(1, 6)]
    random.shuffle(entries)
    return {
        "at": datetime.now(UTC).isoformat(),
        "token": uuid4().hex,
        "luck": random.randrange(10**9),
        "price": 1999,
        "entries": entries,
    }
