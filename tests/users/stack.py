"""Django and the edge on one database, as the tests of users see them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from shared_domain.idempotency import build_call
from shared_domain.partners import Access, PartnerId
from tests.harness.committed_data import Keys
from tests.harness.databases import CommittedDatabase
from tests.users.halves import Halves


@dataclass(frozen=True)
class Stack:
    """Both processes, what they know, and a look at the rows."""

    halves: Halves
    keys: Keys
    database: CommittedDatabase
    rows: "psycopg.Connection[tuple[object, ...]]"

    @contextmanager
    def running_elsewhere(self, key: str, method: str, path: str) -> Iterator[None]:
        """Hold the lock of a call of ``alpine``, as a process does that is carrying it out."""
        ((partner,),) = self.rows.execute("SELECT id FROM partners_partner WHERE code = 'alpine'")
        access = Access(partner_id=PartnerId(int(str(partner))), test_mode=False)
        call = build_call(key, access=access, method=method, path=path, query="", body=b"")
        with psycopg.connect(self.database.owner_url) as elsewhere:
            elsewhere.execute("SELECT pg_advisory_xact_lock(%s)", [call.lock])
            yield
