"""When the primary is lost and a standby takes over, edge, Django and worker go on by themselves.

The servers are real: the standby is a copy by ``pg_basebackup`` that follows the primary
(PostgreSQL's manual, "Log-Shipping Standby Servers"), and commits wait for it.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from deploy import embedded_postgres
from deploy.database_url import with_parts
from deploy.embedded_postgres import EmbeddedPostgres
from tests.deploy.faults import Stack
from tests.deploy.filled_stack import load_on
from tests.harness.deploy_up import reachable_folder, running_up
from tests.harness.waiting import eventually


@dataclass
class Pair:
    """A primary, its standby, and the address of both."""

    primary: EmbeddedPostgres
    standby: EmbeddedPostgres

    @property
    def url(self) -> str:
        hosts = [str(conninfo_to_dict(server.url())["host"]) for server in self._servers]
        return with_parts(
            self.primary.url(), host=",".join(hosts), target_session_attrs="read-write"
        )

    @property
    def _servers(self) -> tuple[EmbeddedPostgres, EmbeddedPostgres]:
        return self.primary, self.standby

    def wait_for_the_standby(self) -> None:
        """Let every commit wait until the standby has it, and wait until it follows."""
        with psycopg.connect(self.primary.url(), autocommit=True) as owner:
            owner.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            # Fast servers do not wait for commits; what is set for a database counts for more.
            owner.execute("ALTER DATABASE portico SET synchronous_commit = on")
            owner.execute("SELECT pg_reload_conf()")
            assert eventually(
                lambda: (
                    owner.execute("SELECT sync_state FROM pg_stat_replication").fetchall()
                    == [("sync",)]
                ),
            )

    def lose_the_primary(self) -> None:
        """Kill every process of the primary at once, as a machine that is gone."""
        assert self.primary.child is not None
        master = psutil.Process(self.primary.child.pid)
        for process in [master, *master.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.primary.child.process.wait()

    def promote(self) -> None:
        """Let the standby become the primary, which waits for no other."""
        with psycopg.connect(self.standby.url(), autocommit=True) as owner:
            assert owner.execute("SELECT pg_promote()").fetchone() == (True,)
            owner.execute("ALTER SYSTEM RESET synchronous_standby_names")
            owner.execute("SELECT pg_reload_conf()")


@pytest.fixture
def pair() -> Iterator[Pair]:
    with (
        reachable_folder() as folder,
        EmbeddedPostgres(folder / "one", log=folder / "one.log", is_fast=True) as primary,
        EmbeddedPostgres(_copy(primary, folder), log=folder / "two.log", is_fast=True) as standby,
    ):
        pair = Pair(primary, standby)
        pair.wait_for_the_standby()
        yield pair


def _copy(primary: EmbeddedPostgres, folder: Path) -> Path:
    """Copy a running server, with the settings of a standby of it (``--write-recovery-conf``)."""
    data, owner = folder / "two", primary.folder.stat()
    data.mkdir(mode=0o700)
    os.chown(data, owner.st_uid, owner.st_gid)
    subprocess.run(
        [
            *(embedded_postgres._programs() / "pg_basebackup", "-D", data),
            *("--dbname", primary.url("postgres"), "--write-recovery-conf", "--checkpoint=fast"),
        ],
        user=owner.st_uid,
        group=owner.st_gid,
        extra_groups=[] if os.geteuid() == 0 else None,
        cwd="/",
        check=True,
    )
    # The copied note names the socket of the primary, which would be removed.
    (data / primary._socket_note.name).unlink()
    return data


@pytest.mark.long
def test_no_acknowledged_write_is_lost(pair: Pair) -> None:
    with (
        reachable_folder() as folder,
        running_up(folder / "data", "--no-demo", DATABASE_URL=pair.url) as up,
    ):
        stack = Stack(up, folder / "data", pair.url)
        load = load_on(stack)
        masters = {name: stack.master(name).pid for name in ("edge", "django", "worker")}

        with load.running():
            assert eventually(lambda: load.statuses[200] > 200, seconds=120)
            pair.lose_the_primary()
            refused = load.statuses[503]
            assert eventually(lambda: load.statuses[503] > refused)
            lives, is_ready = stack.answer("/health"), stack.answer("/health/ready")
            began_at = time.monotonic()
            pair.promote()
            stack.wait_until_whole()
            back_seconds = time.monotonic() - began_at
            served = load.statuses[200]
            assert eventually(lambda: load.statuses[200] > served + 200, seconds=120)

        with psycopg.connect(pair.standby.url()) as owner:
            discrepancies = load.discrepancies(owner)
        print(f"\nwhole again {back_seconds:.1f} s after the promotion began; {load.report()}")
        assert (lives, is_ready) == (200, 503)
        assert load.wrong == []
        assert discrepancies == []
        assert masters == {name: stack.master(name).pid for name in masters}
