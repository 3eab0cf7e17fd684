"""A developer follows a call from the rollout's router through few functions and modules."""

from tests.repository import call_path


def test_a_call_is_passed_on_to_twenty_functions_at_most() -> None:
    reached = call_path.stops()

    assert 10 < len(reached) <= 20, reached
    assert call_path.returns(reached) <= 8, reached
