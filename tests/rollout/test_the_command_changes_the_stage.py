"""What ``manage.py rollout`` changes, the edge follows; what it replays, the edge compares."""

import json
import subprocess

from tests.harness.databases import PARITY_KEY
from tests.harness.fork_server import run_manage
from tests.harness.waiting import eventually
from tests.rollout.stack import Stack, an_email

USERS = ("GET", "/v1/users")
ADD_USER = ("POST", "/v1/users")


def endpoints(stack: Stack, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run_manage(
        "rollout",
        *arguments,
        environment=stack.database.environment
        | {
            "PORTICO_PARITY_KEY": PARITY_KEY,
            "PORTICO_PUBLIC_URL": f"http://127.0.0.1:{stack.edge.port}",
            "PORTICO_REPLAY_KEY": stack.keys.live,
        },
    )


def test_a_stage_is_followed_and_changes_no_answer(stack: Stack) -> None:
    before = stack.ask(*USERS)

    moved = endpoints(
        stack, "set-stage", *USERS, "canary", "--percent", "100", "--force", "--reason", "a test"
    )
    assert moved.returncode == 0, moved.stderr
    assert eventually(lambda: stack.ask(*USERS).side == "edge")
    after = stack.ask(*USERS)

    assert (before.side, after.side) == ("django", "edge")
    assert (before.status, before.body) == (after.status, after.body)


def test_a_stage_that_another_transaction_holds_is_refused_in_one_line(stack: Stack) -> None:
    with stack.owner.transaction():
        stack.rows(
            "SELECT FROM endpoints_endpoint WHERE method = %s AND path_template = %s FOR UPDATE",
            *USERS,
        )
        refused = endpoints(stack, "set-stage", *USERS, "django", "--reason", "a bad night")

    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr == (
        "CommandError: another user is changing this at the moment; try again\n"
    )


def test_what_the_edge_records_is_replayed_through_it(stack: Stack) -> None:
    stack.set_stage(" ".join(USERS), "shadow")
    stack.set_stage(" ".join(ADD_USER), "shadow")
    # The edge keeps one request of each kind: these two are of no other test's kind.
    stack.ask("GET", "/v1/users?shoeSize=7")
    stack.ask(*ADD_USER, {"email": an_email(), "shoeSize": 7})
    assert eventually(lambda: stack.value("SELECT count(*) FROM endpoints_recording") >= 2)

    replayed = endpoints(stack, "replay", "--writes", "--json")

    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    told = {
        (endpoint["method"], endpoint["path_template"]): endpoint
        for endpoint in json.loads(replayed.stdout)["endpoints"]
    }
    assert told[USERS]["verdicts"] == {"match": told[USERS]["sent"]}
    assert told[ADD_USER]["verdicts"] == {"match": told[ADD_USER]["sent"]}
