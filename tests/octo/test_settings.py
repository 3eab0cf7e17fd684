"""A setting that is missing or malformed is told by name, before anything is opened."""

from collections.abc import Callable

import pytest

from api_edge.settings import InvalidSettings, Settings, list_variables

Reader = Callable[[dict[str, str]], Settings]

GOOD = {"DATABASE_URL": "postgresql://portico@/portico"}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Read the settings where these variables are set and none else is."""

    def read_settings(variables: dict[str, str]) -> Settings:
        for variable in list_variables():
            for name in variable.names:
                monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Settings.from_environment()

    return read_settings


def test_the_edges_own_address_counts_more(read: Reader) -> None:
    settings = read(GOOD | {"EDGE_DATABASE_URL": "postgresql://portico_edge@/portico"})

    assert settings.database_url == "postgresql://portico_edge@/portico"


def test_what_is_not_said_has_a_default(read: Reader) -> None:
    settings = read(GOOD)

    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.pool_size >= 1


def test_a_public_address_loses_its_slash(read: Reader) -> None:
    settings = read(GOOD | {"PORTICO_PUBLIC_URL": "https://api.example/"})

    assert settings.public_url == "https://api.example"


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "EDGE_DATABASE_URL"),
        ({"DATABASE_URL": ""}, "EDGE_DATABASE_URL"),
        (GOOD | {"PORTICO_CALL_SECONDS": "0", "PORTICO_GRACE_SECONDS": "x"}, "PORTICO_GRACE"),
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
        (GOOD | {"WEB_CONCURRENCY": "8"}, "PORTICO_DJANGO_THREADS"),
        (GOOD | {"WEB_CONCURRENCY": "3", "PORTICO_DJANGO_THREADS": "2"}, "PORTICO_DJANGO_THREADS"),
    ],
)
def test_a_mistake_is_named(read: Reader, environment: dict[str, str], name: str) -> None:
    with pytest.raises(InvalidSettings, match=name) as told:
        read(environment)

    assert "secret" not in str(told.value)


@pytest.mark.parametrize("processes", range(1, 8))
def test_one_caller_never_has_all_threads_of_the_site(read: Reader, processes: int) -> None:
    limits = read(GOOD | {"WEB_CONCURRENCY": str(processes)}).limits

    assert processes * limits.concurrency_per_caller < limits.upstream_threads
    assert processes * limits.write_concurrency < processes * (limits.upstream_concurrency or 0)


def test_what_is_built_by_hand_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTICO_EDGE_POOL_SIZE", "3")
    monkeypatch.setenv("PORTICO_MOST_CONNECTIONS", "3")

    settings = Settings(database_url="postgresql://portico@/portico")

    assert settings.pool_size == 10
    assert settings.limits.max_connections == 4_096


def test_settings_can_be_printed_without_their_secrets(read: Reader) -> None:
    settings = read(
        {"DATABASE_URL": "postgresql://x:secret@/y", "PORTICO_PARITY_KEY": "also secret"}
    )

    assert "secret" not in repr(settings)


def test_every_variable_is_described_once() -> None:
    variables = list_variables()
    names = [name for variable in variables for name in variable.names]

    assert len(names) == len(set(names))
    assert all(variable.description.endswith(".") for variable in variables)
    assert [variable.names for variable in variables if variable.is_required] == [
        ("EDGE_DATABASE_URL", "DATABASE_URL")
    ]


def test_a_default_can_be_written_into_the_environment(read: Reader) -> None:
    written = {variable.names[0]: variable.default for variable in list_variables()}

    assert read(written | GOOD) == read(GOOD)
