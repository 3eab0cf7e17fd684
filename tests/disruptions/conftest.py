"""A shop with a second slot on the next day, and the way to start a disruption of the first one."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.disruptions.windy_day import WindyDay


@pytest.fixture
def windy_day(db: None) -> "WindyDay":
    from tests.disruptions.windy_day import WindyDay

    return WindyDay.dawn()
