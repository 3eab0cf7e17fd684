"""The demo brings ``/v1/users`` from shadow to the edge, by evidence and without force."""

import psycopg
import pytest

from core_site.demo.rollout import USERS
from tests.harness.deploy_up import reachable_folder, running_up
from tests.harness.waiting import eventually

#: Some thousand calls, each compared, with pauses; minutes on a busy machine.
PATIENCE_SECONDS = 1500

ENDPOINTS = """
    SELECT method, path_template, stage FROM endpoints_endpoint
     WHERE path_template LIKE '/v1/users%'
"""

CHANGES = """
    SELECT DISTINCT change.actor, change.is_forced
      FROM endpoints_stagechange AS change
      JOIN endpoints_endpoint AS endpoint ON endpoint.id = change.endpoint_id
     WHERE endpoint.path_template LIKE '/v1/users%'
"""

AGREED = """
    SELECT min(agreed) FROM (
        SELECT count(*) AS agreed
          FROM endpoints_paritycheck AS checked
          JOIN endpoints_endpoint AS endpoint ON endpoint.id = checked.endpoint_id
         WHERE endpoint.path_template LIKE '/v1/users%' AND checked.verdict = 'match'
         GROUP BY endpoint.id) AS by_endpoint
"""


@pytest.mark.long
def test_each_endpoint_is_promoted_by_its_own_evidence() -> None:
    with (
        reachable_folder() as folder,
        running_up(folder / "data", "--demo-rollout") as portico,
        psycopg.connect(portico.summary["owner_database_url"], autocommit=True) as database,
    ):
        made_before = database.execute("SELECT count(*) FROM users_user").fetchone()

        def all_at_the_edge() -> bool:
            stages = {(m, p): stage for m, p, stage in database.execute(ENDPOINTS)}
            return stages == dict.fromkeys(USERS, "edge")

        assert eventually(all_at_the_edge, seconds=PATIENCE_SECONDS)
        assert database.execute(CHANGES).fetchall() == [("load_demo", False)]
        (fewest,) = database.execute(AGREED).fetchone() or (0,)
        assert fewest >= 100
        # The program that called has ended, and what it made is deleted.
        assert eventually(
            lambda: database.execute("SELECT count(*) FROM users_user").fetchone() == made_before,
            seconds=60,
        )
