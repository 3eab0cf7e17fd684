"""A company with a partner in committed rows, an edge that serves them, and staff at the admin."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.catalogue.house import House


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator["House"]:
    # Imported late: pytest reads this file before the settings exist.
    from tests.catalogue.house import open_house

    with open_house(tmp_path / "edge.log") as house:
        yield house
