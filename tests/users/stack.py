"""Django and the edge on one database, as the tests of users see them."""

from dataclasses import dataclass

import psycopg

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
