"""A shop whose rows other connections can see, and what runs a thing in threads of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from tests.harness.waiting import EVENTUALLY_SECONDS
from tests.worker.at_once import AtOnce

if TYPE_CHECKING:
    from tests.admin.staff import Desk


@pytest.fixture
def desk(transactional_db: None) -> "Desk":
    from tests.admin.staff import Desk, open_shop

    return Desk(open_shop())


@pytest.fixture
def at_once(transactional_db: None) -> AtOnce:
    def run(*things: Callable[[], Any]) -> list[Any]:
        with ThreadPoolExecutor(len(things)) as threads:
            running = [threads.submit(_on_its_own_connection, thing) for thing in things]
            return [future.result(timeout=EVENTUALLY_SECONDS) for future in running]

    return run


def _on_its_own_connection(thing: Callable[[], Any]) -> Any:
    try:
        return thing()
    finally:
        connection.close()
