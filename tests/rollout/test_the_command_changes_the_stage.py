"""What ``manage.py rollout`` changes, the door follows; what it replays, the door compares."""

import json
import subprocess
import sys

from tests.harness.databases import PARITY_KEY, ROOT
from tests.harness.waiting import eventually
from tests.rollout.house import House, an_email

USERS = ("GET", "/v1/users")
ADD_USER = ("POST", "/v1/users")


def endpoints(house: House, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(ROOT / "core_site" / "manage.py"), "rollout", *arguments],
        env=house.database.environment
        | {
            "PORTICO_PARITY_KEY": PARITY_KEY,
            "PORTICO_PUBLIC_URL": f"http://127.0.0.1:{house.door.port}",
            "PORTICO_REPLAY_KEY": house.keys.live,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_a_stage_is_followed_and_changes_no_answer(house: House) -> None:
    before = house.ask(*USERS)

    moved = endpoints(
        house, "set-stage", *USERS, "canary", "--percent", "100", "--force", "--reason", "a test"
    )
    assert moved.returncode == 0, moved.stderr
    assert eventually(lambda: house.ask(*USERS).side == "edge")
    after = house.ask(*USERS)

    assert (before.side, after.side) == ("django", "edge")
    assert (before.status, before.body) == (after.status, after.body)


def test_what_the_edge_records_is_replayed_through_it(house: House) -> None:
    house.set_stage(" ".join(USERS), "shadow")
    house.set_stage(" ".join(ADD_USER), "shadow")
    # The door keeps one request of each kind: these two are of no other test's kind.
    house.ask("GET", "/v1/users?shoeSize=7")
    house.ask(*ADD_USER, {"email": an_email(), "shoeSize": 7})
    assert eventually(lambda: house.value("SELECT count(*) FROM endpoints_recording") >= 2)

    replayed = endpoints(house, "replay", "--writes", "--json")

    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    told = {
        (it["method"], it["path_template"]): it for it in json.loads(replayed.stdout)["endpoints"]
    }
    assert told[USERS]["verdicts"] == {"match": told[USERS]["sent"]}
    assert told[ADD_USER]["verdicts"] == {"match": told[ADD_USER]["sent"]}
