"""Every environment variable is declared once, and listed in OPERATING.md and .env.example."""

import os
import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from api_edge.settings import InvalidSettings, Settings, list_variables
from core_site.environment import VARIABLES, Environment, env
from deploy import environment
from deploy.gunicorn_commands import ONLY_FOR_COMMANDS, ONLY_FOR_DJANGO
from deploy.stack import allow_loopback
from shared_domain.environment import FORMER_NAMES, adopt_former_names
from tests.harness.databases import ROOT
from tests.harness.fork_server import run_manage

NAME = re.compile(r"\b(?:PORTICO_[A-Z_]*[A-Z]|[A-Z]+_DATABASE_URL|DATABASE_URL|DJANGO_URL)\b")

#: For the shell of a reader of the tutorial, who finds it in ``deploy/up``'s environment file.
NOT_READ = {"PORTICO_DEMO_KEYS"}


def production() -> list[Path]:
    folders = ("api_edge", "core_site", "deploy", "shared_domain")
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py")]


def test_the_documents_are_those_of_today() -> None:
    operating = environment.TABLE.read_text(encoding="utf-8")

    assert environment.EXAMPLE.read_text(encoding="utf-8") == environment.render_example()
    assert environment.replace_table(operating) == operating
    assert environment.render_table() in operating


def test_no_variable_is_read_that_is_not_declared() -> None:
    texts = [path.read_text(encoding="utf-8") for path in production()]
    names = {name for text in texts for name in NAME.findall(text)}

    assert names - NOT_READ - FORMER_NAMES.keys() <= {row.name for row in environment.list_rows()}


@pytest.mark.parametrize(
    ("given", "with_demo", "allowed"),
    [
        ({}, True, "yes"),
        ({}, False, "no"),
        # Its callers are not the person who runs it: they could have its own services called.
        ({"PORTICO_PUBLIC_URL": "https://demo.example"}, True, "no"),
        ({"PORTICO_WEBHOOKS_ALLOW_LOOPBACK": "no"}, True, "no"),
        (
            {"PORTICO_PUBLIC_URL": "http://a", "PORTICO_WEBHOOKS_ALLOW_LOOPBACK": "yes"},
            True,
            "yes",
        ),
    ],
)
def test_webhooks_may_call_this_machine_for_a_private_demo(
    given: dict[str, str], with_demo: bool, allowed: str
) -> None:
    assert allow_loopback(given, with_demo=with_demo) == allowed


def test_the_edge_is_given_no_secret_that_it_does_not_read() -> None:
    """``DATABASE_URL`` it would read, and gets a login of its own instead."""
    of_edge = {name for known in list_variables() for name in known.names} - {"DATABASE_URL"}
    secrets_of_django = {name for name, variable in VARIABLES.items() if variable.is_secret}

    assert {*ONLY_FOR_DJANGO, *ONLY_FOR_COMMANDS} == secrets_of_django - of_edge


def test_every_variable_is_described_in_sentences() -> None:
    for row in environment.list_rows():
        assert row.description.endswith("."), row.name
        assert "|" not in row.description


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORTICO_CALL_SECONDS", "0"),
        ("PORTICO_CALL_SECONDS", "nan"),
        ("PORTICO_CALL_SECONDS", "10 s"),
        ("PORTICO_CALL_SECONDS", "3601"),
        ("PORTICO_PUBLIC_URL", "api.example.com"),
        ("PORTICO_PUBLIC_URL", "https://api.example.com:65536"),
        ("PORTICO_PUBLIC_URL", "https://[::1"),
        ("PORTICO_PUBLIC_URL", "https://api.example.com /"),
        ("PORTICO_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("PORTICO_TRUSTED_PROXIES", "the load balancer"),
        ("PORTICO_ENDPOINT_PREFIXES", "/v1/,,/v2/"),
        ("PORTICO_ENDPOINT_PREFIXES", "/v1?"),
    ],
)
def test_both_halves_refuse_the_same(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)

    with pytest.raises(InvalidSettings, match=f"{name} is '.*', but"):
        Settings.from_environment()
    with pytest.raises(ImproperlyConfigured, match=f"{name} is '.*', but must"):
        env(name)


def test_both_halves_take_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whether cookies are for https only, and which forms are ours, is read from it.
    monkeypatch.setenv("PORTICO_PUBLIC_URL", "HTTPS://API.Example:443/")
    monkeypatch.setenv("PORTICO_TRUSTED_PROXIES", "10.0.0.0/8, unix")
    monkeypatch.setenv("PORTICO_ENDPOINT_PREFIXES", "/api, /v1/")
    monkeypatch.setenv("PORTICO_CALL_SECONDS", "")
    settings = Settings.from_environment()

    assert env("PORTICO_PUBLIC_URL") == settings.public_url == "https://api.example"
    assert env("PORTICO_TRUSTED_PROXIES") == settings.trusted_proxies.networks
    assert env("PORTICO_ENDPOINT_PREFIXES") == settings.endpoint_prefixes == ("/api/", "/v1/")
    assert env("PORTICO_CALL_SECONDS") == settings.call_seconds == 10


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("PORTICO_HISTORY_DAYS", "365", "a whole number of days from 366 to 36530"),
        ("PORTICO_HISTORY_DAYS", "ten", "a whole number of days"),
        ("PORTICO_MAILS_PER_BOOKING", "0", "a whole number from 1 to 1000000"),
        ("PORTICO_MAILS_PER_PARTNER", "5_000", "a whole number"),
        ("PORTICO_DEBUG", "no", "0 or 1"),
        ("PORTICO_DEMO", "true", "0 or 1"),
        ("PORTICO_ALLOWED_HOSTS", "https://shop.example", "names of hosts"),
        ("PORTICO_ALLOWED_HOSTS", "shop.example:8000", "names of hosts"),
        ("PORTICO_ALLOWED_HOSTS", " , ", "names of hosts"),
        ("PORTICO_EMAIL_FROM", "The shop", "an e-mail address"),
    ],
)
def test_a_mistake_of_djangos_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, wanted: str
) -> None:
    monkeypatch.setenv(name, text)

    with pytest.raises(ImproperlyConfigured, match=f"{name} is '{text}', but must be {wanted}"):
        env(name)


def test_hosts_may_be_written_with_blanks_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTICO_ALLOWED_HOSTS", "shop.example, .shop.example,[::1], *,")

    assert env("PORTICO_ALLOWED_HOSTS") == ["shop.example", ".shop.example", "[::1]", "*"]


@pytest.mark.parametrize(("former", "name"), FORMER_NAMES.items())
def test_a_name_of_the_last_release_is_taken_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, former: str, name: str
) -> None:
    monkeypatch.setenv(name, "")
    monkeypatch.setenv(former, "7")
    of_edge = {known.names[0] for known in list_variables()}

    with pytest.warns(FutureWarning, match=f"{former} is called {name} now") as warned:
        known = Settings.from_environment() if name in of_edge else Environment(VARIABLES)

    assert "7" not in str(warned[0].message)
    assert isinstance(known, Settings) or known(name) == "7"
    assert os.environ[name] == "7"
    monkeypatch.setenv(former, "8")
    adopt_former_names(os.environ)
    assert os.environ[name] == "7"


@pytest.mark.parametrize("name", ["DATABASE_URL", "PORTICO_DIRECT_DATABASE_URL"])
def test_a_command_does_not_repeat_an_address_with_its_password(name: str) -> None:
    given = {name: "postgresql://shop:right%zz@db.example/shop"}
    whole = {"DATABASE_URL": "postgresql://a/b", "PORTICO_DIRECT_DATABASE_URL": "postgresql://a"}

    refused = run_manage("check", environment=os.environ | whole | given)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{name} is malformed; ")
    assert "right" not in refused.stdout + refused.stderr


def test_a_command_says_why_it_has_no_database() -> None:
    nowhere = {"DATABASE_URL": "postgresql://shop:right@127.0.0.1:1/shop"}

    refused = run_manage("sales_rollup", "check", environment=os.environ | nowhere)

    assert refused.returncode == 1
    assert refused.stderr.startswith("no connection to the database: connection")
    assert "right" not in refused.stderr


@pytest.mark.parametrize("text", ["", None])
def test_what_must_be_set_is_missed(monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    monkeypatch.delenv("PORTICO_SECRET_KEY", raising=False)
    if text is not None:
        monkeypatch.setenv("PORTICO_SECRET_KEY", text)

    with pytest.raises(ImproperlyConfigured, match="PORTICO_SECRET_KEY is not set"):
        env("PORTICO_SECRET_KEY")


@pytest.mark.parametrize("secret", ["$HOME", r"\$HOME", "a$b", "$", "x=1,y"])
def test_a_secret_is_taken_as_it_stands(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("PORTICO_SECRET_KEY", secret)

    assert env("PORTICO_SECRET_KEY") == secret


def test_defaults_are_what_the_environment_may_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable.name, raising=False)
    unset = {name: env(name) for name, known in VARIABLES.items() if not known.is_required}
    for variable in VARIABLES.values():
        monkeypatch.setenv(variable.name, variable.default or "")

    assert {name: env(name) for name in unset} == unset
