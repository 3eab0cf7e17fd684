"""Wiring that is followed to the letter gives the endpoint the transaction of a dry run."""

import asyncio
import sys
import textwrap
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from api_edge import wiring
from tests.scaffolding.conftest import Generated


class Given:
    """A transaction that a dry run brings."""

    stamp: object = None

    async def commit(self) -> None: ...

    async def close(self) -> None: ...


def as_printed(by_hand: str) -> str:
    _, _, after = by_hand.partition("api_edge/wiring.py:\n")
    block, _, _ = after.partition("\n\napi_edge/")
    return textwrap.dedent(block)


@pytest.mark.parametrize("endpoint", ["GET /v1/boats", "POST /v1/boats"])
def test_the_store_has_the_given_transaction(
    generated: Generated, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    module = ModuleType("shared_domain.boats.sql_store")
    module.SqlBoats = lambda database: database  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shared_domain.boats", ModuleType("shared_domain.boats"))
    monkeypatch.setitem(sys.modules, "shared_domain.boats.sql_store", module)
    names: dict[str, Any] = dict(vars(wiring))
    text = as_printed(generated.drafts[endpoint].by_hand)
    exec("from __future__ import annotations\n" + text, names)
    given = Given()
    request = SimpleNamespace(scope={"state": {"dry_run_transaction": given}})

    async def store() -> object:
        if endpoint.startswith("GET"):
            return await names["reading_boats"](request)
        async for writing in names["writing_boats"](request):
            return writing
        return None

    assert asyncio.run(store()) is given
