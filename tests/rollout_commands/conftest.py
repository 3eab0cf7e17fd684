"""Endpoints of both halves, as the two register them."""

import pytest


@pytest.fixture
def registered(db: None) -> None:
    # Pytest reads this file before the settings exist, so what needs Django is imported late.
    from tests.rollout_commands.commanding import register_both_halves

    register_both_halves()
