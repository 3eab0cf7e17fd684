"""``deploy/bench``, or ``python -m tests.bench``: measure the edge beside other frameworks."""

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent.parent)

from deploy import virtualenv  # noqa: E402
from deploy.console import SetupError, say  # noqa: E402

ABOUT = """\
Measure what a request costs: Portico's edge beside the same endpoints tuned by hand in other
frameworks, or written as their documentation teaches; one process each, on the same PostgreSQL,
whose processor time counts too; and what the door adds to a request that it passes through to the
upstream, beside nginx where that is installed. First every server's answers are compared with the
edge's, and one that differs is not measured. Then the servers take turns, in rounds, so that
whatever else the machine does hits all alike.
"""

EPILOG = """\
cases: get (one booking), cold (the same, nothing remembered), list (20 bookings), reserve,
       calendar (365 days), unchanged (a calendar that the client has: 304), packed (compressed);
       slots (availability of one day), year (of 365 days), products, product, users (a page of
       100), beside bare ASGI only;
       passed through: page (a path unlike the edge's own), django (an endpoint in that stage),
       unknown (a path below /v1 that neither half has registered);
       contention (gets beside 64 reserving callers, and beside 200 on one departure; how many
       reservations a second that departure takes),
       events (from the commit of an event to its position, 2,000 events a second),
       export (all bookings of one partner as one stream; --scale 1e6 for the aim),
       feed (500 calls of the events feed wait; from the commit of an event to its readers),
       webhooks (1,000 endpoints, of which 100 hang; from the commit of an event to its arrival),
       notifications (1,000 subscribers of one change; from its commit to the last arrival),
       process (memory and import of an edge process), up (second start of deploy/up, its memory);
       all of them: all; by default get, list, reserve, calendar and page, in less than five minutes
peers: tuned_asgi, tuned_litestar, tuned_fastapi, tuned_ninja, or all of them: tuned (default);
       rest_framework, ninja, bolt, sqlalchemy, or all of them: documented;
       passed through: nginx (default)

A quick look: deploy/bench --seconds 1 --case get
What the door costs, without loading any data: deploy/bench --case page --case django
With DATABASE_URL set, a database of its own is made on that server, and removed at the end.
"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deploy/bench",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--case",
        action="append",
        choices=(
            *("get", "list", "reserve", "calendar", "slots", "year", "products", "product"),
            *(
                "users",
                "cold",
                "unchanged",
                "packed",
                "page",
                "django",
                "unknown",
                "contention",
                "events",
                "feed",
                "export",
            ),
            *("webhooks", "notifications", "process", "up", "all"),
        ),
        help="measure only this case (can be repeated)",
    )
    parser.add_argument(
        "--peer",
        action="append",
        choices=(
            *("tuned_asgi", "tuned_litestar", "tuned_fastapi", "tuned_ninja"),
            *("rest_framework", "ninja", "bolt", "sqlalchemy", "nginx", "tuned", "documented"),
        ),
        help="measure only this peer or these peers beside the edge (can be repeated)",
    )
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=5.0,
        metavar="N",
        help="how long each server is measured in each case (default 5), in up to three rounds, "
        "whose median is the figure",
    )
    parser.add_argument(
        "--scale",
        type=number_of_bookings,
        default=20_000,
        metavar="N",
        help="how many bookings the database has (default 20000), for instance 1e6",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.1 <= number <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.1 to 600")
    return number


def number_of_bookings(text: str) -> int:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (1 <= number <= 1e8 and number.is_integer()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of bookings from 1 to 1e8")
    return int(number)


def main() -> int:
    options = build_parser().parse_args()
    try:
        virtualenv.install(groups=["bench"])
        if not virtualenv.is_running_in_venv():
            virtualenv.continue_in_venv(__file__)
        # Here at last are the packages that it needs.
        from tests.bench.runner import run

        return run(options)
    except SetupError as error:
        say(f"deploy/bench: {error}")
        return 1
    except KeyboardInterrupt:
        say("deploy/bench: stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
