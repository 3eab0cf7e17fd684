"""The sequencer passes over ids below which no event can appear any more, and over no others."""

from shared_domain.events import Numbered, SearchStart

MOST = 100


def batch(*, given: int = 1, highest_id: int | None = None, running: tuple[int, int]) -> Numbered:
    """A batch during which transactions from the first number to before the second were running."""
    oldest_xid, next_xid = running
    return Numbered(given=given, highest_id=highest_id, oldest_xid=oldest_xid, next_xid=next_xid)


def after(*batches: tuple[float, Numbered]) -> SearchStart:
    start = SearchStart()
    for seconds, one in batches:
        start = start.advance(one, most=MOST, seconds=seconds)
    return start


SEEN = (0.0, batch(highest_id=500, running=(7, 9)))
SETTLED = (10.0, batch(given=0, running=(8, 20)))


def test_it_begins_at_the_first_id() -> None:
    assert after((0.0, batch(given=0, running=(7, 9)))).above == 0


def test_it_moves_on_when_all_that_ran_has_ended() -> None:
    assert after(SEEN, SETTLED).above == 0
    assert after(SEEN, SETTLED, (10.1, batch(given=0, running=(20, 25)))).above == 500


def test_a_transaction_that_stays_open_holds_it_back() -> None:
    later = [(10.0 + number, batch(running=(19, 30 + number))) for number in range(100)]

    assert after(SEEN, SETTLED, *later).above == 0


def test_ids_and_transactions_may_be_ten_seconds_apart() -> None:
    assert after(SEEN, (9.9, batch(given=0, running=(30, 31)))).barrier is None


def test_a_batch_that_was_cut_may_have_left_some() -> None:
    short, long = (
        (10.1, batch(given=MOST, highest_id=highest_id, running=(20, 25)))
        for highest_id in (499, 500)
    )

    assert after(SEEN, SETTLED, short).above == 0
    assert after(SEEN, SETTLED, short, (10.2, batch(given=0, running=(20, 26)))).above == 500
    assert after(SEEN, SETTLED, long).above == 500


def test_it_goes_on_from_there() -> None:
    moved = (SEEN, SETTLED, (10.1, batch(given=0, running=(20, 25))))
    again = (
        (11.0, batch(highest_id=900, running=(24, 26))),
        (21.0, batch(given=0, running=(25, 40))),
        (21.1, batch(given=0, running=(40, 41))),
    )

    assert after(*moved, *again).above == 900
