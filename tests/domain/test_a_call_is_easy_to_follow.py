"""A developer follows a call from the rollout's router through few functions and modules."""

from tests.repository import call_path


def test_an_answered_call_is_passed_on_to_twenty_functions_at_most() -> None:
    reached = call_path.stops()

    assert 10 < len(reached) <= 20, reached
    assert call_path.returns(reached) <= 8, reached


def test_a_call_with_all_its_comparisons_is_passed_on_to_37_at_most() -> None:
    reached = call_path.stops(call_path.ANSWERED_OR_COMPARED)

    assert 20 < len(reached) <= 37, reached
    assert call_path.returns(reached) <= 22, reached
