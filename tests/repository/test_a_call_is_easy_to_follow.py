"""A developer follows a call from the rollout's router through few functions and modules."""

from tests.repository import call_path


def test_an_answered_call_is_passed_on_to_sixteen_functions_at_most() -> None:
    reached = call_path.stops()

    assert 10 < len(reached) <= 16, reached
    assert call_path.returns(reached) <= 8, reached


def test_a_call_with_all_its_comparisons_is_passed_on_to_twenty_as_well() -> None:
    answered = call_path.stops()
    reached = call_path.stops(call_path.ANSWERED_OR_COMPARED)

    assert len(answered) < len(reached) <= 20, reached
    assert call_path.returns(reached) <= 8, reached
