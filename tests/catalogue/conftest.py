"""A company with a partner in committed rows, an edge that serves them, and staff at the admin."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.catalogue.admin_pages import Stack


@pytest.fixture
def stack(transactional_db: None, tmp_path: Path) -> Iterator["Stack"]:
    # Imported late: pytest reads this file before the settings exist.
    from tests.catalogue.admin_pages import running_stack

    with running_stack(tmp_path / "edge.log") as stack:
        yield stack
