"""Every test runs against a real PostgreSQL, but for ``tests/domain``: pure rules need none.

The run starts a private server (or uses that of ``DATABASE_URL``) before Django reads its
settings, so pytest-django makes its ``test_…`` database there, one per parallel test process.
A test that needs other processes to see its data takes ``committed_database``. A run of
``tests/domain`` alone starts neither PostgreSQL nor Django (``pytest.toml`` there).

A test that needs something of the machine is marked with it (see ``NEEDS``); where it is missing,
``deploy/test`` says at its end that the test was not run, and why. What takes minutes, such as a
storm of calls, has a short form that always runs and a long one marked ``long``, for ``--long``.

What ``--long`` adds; minutes were measured on 2 cores that others used as well:

=============  =======  ============================================================================
folder         minutes  what
=============  =======  ============================================================================
deploy/        34       mixed load with one fault after the other; ``--minutes`` says for how long
deploy/        7        PostgreSQL away, frozen, and full, for a minute each, under a mixed load
deploy/        2        failover to a real standby under a mixed load
deploy/                 more processes are killed, more signals, an external server
deploy/        1        peers of the bench in the environment that only it installs
octo/          7        8 callers with 120 bookings each, while answers get lost
octo/          2        every limit of every field of the schema
parity/                 10,000 comparisons of each noisy endpoint
webhooks/               signatures are verified by Node.js as well
octo/                   certification run after run; PostgreSQL stopped in its tracks
concurrency/   2        20 crash recoveries with 8 writers; processes killed at another moment
rollout/                the whole catalogue of wrong edges, and what is none, behind an edge;
                        PostgreSQL restarted in every stage; Django killed in every stage
users/                  as long for what is another's as for what does not exist; more callers
proxy/                  how long callers wait during a release
tutorial/               data of a shop in SQLite
bench/                  the peers, and the command interrupted
both_doors/             more contact data
at_scale/      20       searches, lists and pages of the admin with 1,000,000 bookings
back_office/   3        axe-core on every page of the admin
stores/                 every catalogue is asked for in each currency
lifecycle/              ten times as many lives of bookings; so do four_views/
=============  =======  ============================================================================
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING

import django
import pytest

from deploy.processes import bytecode_cache_environment, forget_bytecode_of_temporary_files
from tests.harness import browser, once_per_process, pgbouncer
from tests.harness.databases import (
    ROOT,
    CommittedDatabase,
    DemoDatabase,
    TestServer,
    committed_copy,
    copy_for_django,
    demo_copy,
)
from tests.harness.scheduling import UnitScheduling, rank_of

if TYPE_CHECKING:
    import psutil

#: What a marked test needs from the machine, and why it is left out where that is missing.
NEEDS: dict[str, tuple[Callable[[], object], str]] = {
    "browser": (
        browser.chromium_path,
        "no Chromium on this machine; install the package chromium to run the browser tests",
    ),
    "curl": (
        lambda: shutil.which("curl"),
        "no curl on this machine; install it to run the command that deploy/up shows",
    ),
    "pgbouncer": (
        pgbouncer.program,
        "no PgBouncer on this machine; install the package pgbouncer to test behind it",
    ),
    "npm": (
        lambda: shutil.which("npm"),
        "no npm on this machine; install Node.js to verify signatures with its Standard Webhooks",
    ),
    "octo_reference": (
        lambda: (ROOT.parent / "shared" / "octo" / "openapi.json").exists(),
        "no ../shared/octo/openapi.json beside the repository: OCTO's own schema was not compared",
    ),
}

SERVER = pytest.StashKey[TestServer]()

#: What ran below an interrupted run when it was told to end.
INTERRUPTED = pytest.StashKey[list["psutil.Process"]]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.import_plugin("tests.harness.hypothesis_profiles")
    parser.addoption(
        "--minutes", type=float, default=30, help="how long the mixed load with faults runs"
    )


# First: pytest-django loads the settings in its own pytest_configure.
@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core_site.config.settings")
    parallel_process = getattr(config, "workerinput", None)
    if parallel_process is None:
        start_server(config)
    elif config.args == config.getini("testpaths"):
        number = int(parallel_process["workerid"].removeprefix("gw"))
        config.args = rotated_folders(number, of=parallel_process["workercount"])
    # What deals out tests to parallel processes runs none itself.
    if parallel_process is not None or config.getoption("dist") == "no":
        once_per_process.collect_no_garbage_yet()
        set_up_django()


def set_up_django() -> None:
    # pytest-django leaves alone what has not been set up by now.
    django.setup()
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    from core_site import transactions
    from tests.harness.emptying import empty_after_each_commit

    # A password takes a millisecond instead of half a second, in this process.
    PBKDF2PasswordHasher.iterations = 2_000
    # However busy the machine, staff's changes wait for each other; tests of that set their own.
    transactions.LONGEST_WAIT = "60s"
    empty_after_each_commit()
    once_per_process.find_static_files_once()


def rotated_folders(number: int, *, of: int) -> list[str]:
    """Return all folders of tests, each of the parallel processes beginning with another one.

    Every process imports every file. On a fresh clone its assertions are first rewritten, which
    takes twice as long as the import: the process that comes there first does it for all.
    """
    folders = sorted({str(path.parent) for path in (ROOT / "tests").glob("*/test_*.py")})
    first = number * len(folders) // of
    return folders[first:] + folders[:first]


def start_server(config: pytest.Config) -> None:
    # A run that is told to end removes its server as if it had been interrupted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Databases are made and dropped as their owner; what is started gets its roles from there.
    owner_url = os.environ.pop("OWNER_DATABASE_URL", None)
    server = config.stash[SERVER] = TestServer(owner_url or os.environ.get("DATABASE_URL"))
    server.start()
    os.environ |= bytecode_cache_environment()
    os.environ["DATABASE_URL"] = server.url
    os.environ["PORTICO_SECRET_KEY"] = "only for tests"
    os.environ["PORTICO_DJANGO_PASSWORD"] = "only-for-tests"
    os.environ["PORTICO_EDGE_PASSWORD"] = "only-for-tests"
    # However busy the machine, no call fails for want of time; tests of a deadline set their own.
    os.environ["PORTICO_CALL_SECONDS"] = "90"
    os.environ["PORTICO_DJANGO_CONNECT_SECONDS"] = "60"
    os.environ["PORTICO_DJANGO_READ_SECONDS"] = "150"
    os.environ["PORTICO_EDGE_POOL_WAIT_SECONDS"] = "60"
    os.environ["PORTICO_EDGE_STATEMENT_SECONDS"] = "80"
    # Tests call as fast as they can, all with one address; those of the limits set their own.
    os.environ["PORTICO_KEY_CALLS_PER_SECOND"] = "0"
    os.environ["PORTICO_ADDRESS_CALLS_PER_SECOND"] = "0"
    os.environ["PORTICO_CHECK_ANSWERS"] = "yes"


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Note what an interrupted run has started, before xdist ends the test processes."""
    stash = session.config.stash
    if exitstatus == pytest.ExitCode.INTERRUPTED and SERVER in stash:
        from tests.harness.interrupted_run import list_descendants

        stash[INTERRUPTED] = list_descendants(but=stash[SERVER].process_id)


def pytest_unconfigure(config: pytest.Config) -> None:
    if INTERRUPTED in config.stash:
        from tests.harness.interrupted_run import end_all

        end_all(config.stash[INTERRUPTED])
    if SERVER in config.stash:
        config.stash[SERVER].stop()
        forget_bytecode_of_temporary_files()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (is_there, reason) in NEEDS.items():
        if item.get_closest_marker(marker) and not is_there():
            raise pytest.skip.Exception(reason)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the files, which are dealt out to the parallel processes one after the other.

    All parallel processes must have the same order, and do not collect in the same one.
    """
    if not config.getoption("long"):
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
    items.sort(key=rank_and_file)


def rank_and_file(item: pytest.Item) -> tuple[int, str]:
    file = item.nodeid.partition("::")[0]
    return rank_of(file), file


def pytest_collection_finish() -> None:
    once_per_process.collect_garbage_seldom()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> UnitScheduling | None:
    """Deal out files of tests by what they share: see ``tests.harness.scheduling``."""
    if config.getvalue("dist") != "loadfile":
        return None
    return UnitScheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def only_pages_are_remembered(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("django_test_environment")
    from tests.harness.pages import remember_whole_pages_only

    remember_whole_pages_only()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None) -> None:
    """Let Django use a copy of the migrated database, one in each parallel test process.

    pytest-django would migrate it once more, a second in which nothing is left to be done.
    """
    from django.db import connection

    settings = connection.settings_dict
    process = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    settings["NAME"] = f"{settings['NAME']}_{process}"
    copy_for_django(os.environ["DATABASE_URL"], settings["NAME"])


@pytest.fixture(scope="session")
def make_committed_database() -> Callable[[], AbstractContextManager[CommittedDatabase]]:
    """Return what makes a migrated database of its own: ``with make_committed_database() as …``.

    The first one of a run takes seconds, every other a tenth of one.
    """
    return partial(committed_copy, os.environ["DATABASE_URL"])


@pytest.fixture(scope="session")
def make_demo_database() -> Callable[[], AbstractContextManager[DemoDatabase]]:
    """Return what makes a database with a small demo of its own, loaded once in a run."""
    return partial(demo_copy, os.environ["DATABASE_URL"])


@pytest.fixture
def committed_database(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[CommittedDatabase]:
    """A migrated, empty database that other processes can see, gone after the test."""
    with make_committed_database() as database:
        yield database
