"""The command's choices are the cases and peers that there are, and scale takes a power of ten."""

import argparse

import pytest

from tests.bench import cases, servers
from tests.bench.__main__ import build_parser, number_of_bookings


def test_every_case_and_every_peer_can_be_named() -> None:
    choices = {
        name: action.choices for action in build_parser()._actions for name in action.option_strings
    }

    assert set(choices["--case"]) == {*cases.NAMES_OF_CASES, "all"}
    assert set(choices["--peer"]) == {*servers.PEERS, *servers.GROUPS}


def test_peers_are_named_one_by_one_or_together() -> None:
    assert servers.choose_peers(None) == [*servers.TUNED, servers.NGINX]
    assert servers.choose_peers(["sqlalchemy", "tuned_asgi"]) == ["tuned_asgi", "sqlalchemy"]
    assert servers.choose_peers(["documented"]) == list(servers.DOCUMENTED)


def test_bare_asgi_takes_part_in_everything_that_the_edge_answers() -> None:
    native = {case: servers.serving(case, servers.NAMES) for case in cases.NATIVE}

    assert all({servers.EDGE, servers.LIMIT} <= set(names) for names in native.values())
    assert len(native["get"]) == 1 + len(servers.TUNED) + len(servers.DOCUMENTED)
    assert native["users"] == [servers.EDGE, servers.LIMIT]


def test_a_scale_is_a_whole_number() -> None:
    assert (number_of_bookings("1e6"), number_of_bookings("20000")) == (1_000_000, 20_000)
    for text in ("0", "1.5", "1e9", "many", "nan"):
        with pytest.raises(argparse.ArgumentTypeError):
            number_of_bookings(text)
