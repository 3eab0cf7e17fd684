"""A setting that is missing or malformed is told by name, before anything is opened."""

import pytest

from api_edge.settings import InvalidSettings, Settings

GOOD = {"DATABASE_URL": "postgresql://portico@/portico"}


def test_the_edges_own_address_counts_more() -> None:
    settings = Settings.from_environment(
        GOOD | {"EDGE_DATABASE_URL": "postgresql://portico_edge@/portico"}
    )

    assert settings.database_url == "postgresql://portico_edge@/portico"


def test_what_is_not_said_has_a_default() -> None:
    settings = Settings.from_environment(GOOD)

    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.pool_size >= 1


def test_a_public_address_loses_its_slash() -> None:
    settings = Settings.from_environment(GOOD | {"PORTICO_PUBLIC_URL": "https://api.example/"})

    assert settings.public_url == "https://api.example"


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "EDGE_DATABASE_URL"),
        ({"DATABASE_URL": ""}, "EDGE_DATABASE_URL"),
        ({"DATABASE_URL": "mysql://secret@host/db"}, "DATABASE_URL"),
        ({"EDGE_DATABASE_URL": "postgresql://secret@host:x:y/db?no=such"}, "EDGE_DATABASE_URL"),
        (GOOD | {"PORTICO_PUBLIC_URL": "api.example"}, "PORTICO_PUBLIC_URL"),
        (GOOD | {"PORTICO_DIRECT_DATABASE_URL": "secret@host"}, "PORTICO_DIRECT_DATABASE_URL"),
        (GOOD | {"PORTICO_CALL_SECONDS": "0"}, "PORTICO_CALL_SECONDS"),
        (GOOD | {"PORTICO_EDGE_POOL_SIZE": "0"}, "PORTICO_EDGE_POOL_SIZE"),
        (GOOD | {"PORTICO_EDGE_POOL_SIZE": "many"}, "PORTICO_EDGE_POOL_SIZE"),
        (GOOD | {"PORTICO_KEY_CACHE_SECONDS": "-1"}, "PORTICO_KEY_CACHE_SECONDS"),
        (GOOD | {"PORTICO_KEY_CACHE_SECONDS": "nan"}, "PORTICO_KEY_CACHE_SECONDS"),
        (GOOD | {"PORTICO_IDENTIFY_CALLER": "os.path"}, "PORTICO_IDENTIFY_CALLER"),
        (GOOD | {"PORTICO_IDENTIFY_CALLER": "no.such:thing"}, "PORTICO_IDENTIFY_CALLER"),
        (GOOD | {"PORTICO_IDENTIFY_CALLER": "os:name"}, "PORTICO_IDENTIFY_CALLER"),
        (GOOD | {"PORTICO_FOREIGN_DATABASE": "1"}, "PORTICO_FOREIGN_DATABASE"),
        (GOOD | {"PORTICO_EDGE_POOL_WAIT_SECONDS": "soon"}, "PORTICO_EDGE_POOL_WAIT_SECONDS"),
        # One caller would have one thread of each process: all of them.
        (GOOD | {"WEB_CONCURRENCY": "8"}, "PORTICO_SITE_THREADS"),
        (GOOD | {"WEB_CONCURRENCY": "3", "PORTICO_SITE_THREADS": "2"}, "PORTICO_SITE_THREADS"),
    ],
)
def test_a_mistake_is_named(environment: dict[str, str], name: str) -> None:
    with pytest.raises(InvalidSettings, match=name) as told:
        Settings.from_environment(environment)

    assert "secret" not in str(told.value)


@pytest.mark.parametrize("processes", range(1, 8))
def test_one_caller_never_has_all_threads_of_the_site(processes: int) -> None:
    limits = Settings.from_environment(GOOD | {"WEB_CONCURRENCY": str(processes)}).limits

    assert processes * limits.concurrency_per_caller < limits.upstream_threads
    assert processes * limits.write_concurrency < processes * (limits.upstream_concurrency or 0)
