"""Every way to end has an exit status of its own, and says why in one line, never a traceback."""

import os
from collections.abc import Mapping

import pytest

from core_site.rollout.commands.exit_codes import ExitCode
from core_site.rollout.commands.output import WIDTH
from deploy.database_url import with_parts
from tests.harness.databases import CommittedDatabase
from tests.harness.fork_server import run_manage
from tests.rollout_commands.commanding import Outcome, run_rollout

VERBS = (
    "list", "show", "set-stage", "pin", "budget", "diffs", "evidence", "replay", "scaffold",
    "register", "expire",
)  # fmt: skip


def in_a_terminal(
    *arguments: str, environment: Mapping[str, str], name: str = "rollout"
) -> Outcome:
    ended = run_manage(name, *arguments, environment=environment)
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


def test_a_process_ends_with_it(committed_database: CommittedDatabase) -> None:
    refused = in_a_terminal(
        *("show", "GET", "/v1/users"), environment=committed_database.environment
    )

    assert refused.status == 3
    assert "Traceback" not in refused.stderr
    assert "is now" not in refused.stderr


@pytest.mark.parametrize("dbname", ["not_there", "postgres"])
def test_a_database_that_is_away_or_empty_is_one_line(dbname: str) -> None:
    url = with_parts(os.environ["DATABASE_URL"], dbname=dbname, connect_timeout="1")

    ended = in_a_terminal("list", environment=os.environ | {"DATABASE_URL": url})

    assert (ended.status, ended.stdout) == (6, "")
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("CommandError: the database ")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "the following arguments are required: VERB"),
        (("lists",), "invalid choice: 'lists'"),
        (("show", "GET", "v1/users"), "a path template begins with /"),
        (
            ("show", "GETT", "/v1/users"),
            "invalid choice: 'GETT' (choose from 'GET', 'POST'",
        ),
        (("show", "HEAD", "/v1/users"), "invalid choice: 'HEAD'"),
        (("show", "GET", "/\udcff"), "not UTF-8"),
        (("list", "--stage", "beta"), "'beta' is none of django, shadow"),
        (("set-stage", "GET", "/a", "shadow"), "required: --reason"),
        (("set-stage", "GET", "/a", "shadow", "--reason", " "), "must not be empty"),
        (("set-stage", "GET", "/a", "canary", "--percent", "5.5"), "whole number from 0 to 100"),
        (("budget", "GET", "/a", "--latency-ratio", "nan"), "not a number above 0"),
        (("budget", "GET", "/a", "--errors", "0"), "not a whole number from 1"),
        (("pin", "GET", "/a", "alice", "left"), "invalid choice: 'left'"),
        (("diffs", "--limit", "0"), "not a whole number from 1"),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(
    arguments: tuple[str, ...], why: str
) -> None:
    refused = run_rollout(*arguments)

    assert (refused.status, refused.stdout) == (2, "")
    assert why in refused.stderr


def test_the_help_lists_every_verb_and_every_exit_status() -> None:
    shown = run_rollout("--help").stdout

    assert all(f"\n    {verb}" in shown for verb in VERBS)
    assert all(f"\n  {code.value}  {code.label}" in shown for code in ExitCode)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_a_help_with_an_example(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))

    shown = run_rollout(verb, "--help")

    assert shown.status == 0
    assert f"example:\n  python core_site/manage.py rollout {verb}" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= WIDTH


def test_the_former_name_of_the_command_still_works(
    committed_database: CommittedDatabase, db: None
) -> None:
    former = in_a_terminal("list", environment=committed_database.environment, name="endpoints")
    now = run_rollout("list")

    assert (former.status, former.stdout) == (now.status, now.stdout) == (0, now.stdout)
    assert former.stderr == "`manage.py endpoints` is now `manage.py rollout`\n"
    assert now.stderr == ""
