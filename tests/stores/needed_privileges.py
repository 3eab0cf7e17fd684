"""Which privileges a statement needs, by PostgreSQL's own reckoning.

``debug_print_parse`` shows, for each table of a parsed statement, the privileges that will be
checked and the columns they are checked for (``RTEPermissionInfo``, PostgreSQL 16 and newer).
"""

import re
from typing import Any

import psycopg

from shared_domain.database import number_parameters

#: (table, privilege, column); no column where any one, or the table itself, is enough.
Need = tuple[str, str, str | None]

#: Source: PostgreSQL, src/include/nodes/parsenodes.h, ACL_INSERT and following.
_BITS = {1: "INSERT", 2: "SELECT", 4: "UPDATE", 8: "DELETE", 16: "TRUNCATE"}

#: Source: PostgreSQL, src/include/access/sysattr.h, FirstLowInvalidHeapAttributeNumber.
_OFFSET = -7

_TABLE = re.compile(
    r"RTEPERMISSIONINFO :relid (?P<table>\d+) :inh \w+ :requiredPerms (?P<bits>\d+)"
    r" :checkAsUser \d+ :selectedCols \(b(?P<SELECT>[ \d]*)\)"
    r" :insertedCols \(b(?P<INSERT>[ \d]*)\) :updatedCols \(b(?P<UPDATE>[ \d]*)\)"
)


class Parser:
    """Asks one connection of the tables' owner, which it changes for good."""

    def __init__(self, owner: "psycopg.Connection[Any]") -> None:
        self._owner = owner
        self._shown: list[str] = []
        owner.add_notice_handler(lambda notice: self._shown.append(notice.message_detail or ""))
        owner.execute("SET client_min_messages = log")
        columns = owner.execute(
            "SELECT attrelid, attrelid::regclass::text, attnum, attname FROM pg_attribute"
            " JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped"
        ).fetchall()
        self._tables = {oid: table for oid, table, _, _ in columns}
        self._columns = {(table, number): name for _, table, number, name in columns}

    def needs(self, statement: str) -> set[Need]:
        numbered, _ = number_parameters(statement)
        self._shown.clear()
        self._owner.execute("SET debug_print_parse = on", prepare=False)
        self._owner.execute(f"PREPARE asked AS {numbered}", prepare=False)
        self._owner.execute("SET debug_print_parse = off; DEALLOCATE asked", prepare=False)
        text = " ".join("\n".join(self._shown).split())
        return {need for found in _TABLE.finditer(text) for need in self._needs_of(found)}

    def _needs_of(self, found: "re.Match[str]") -> set[Need]:
        table = self._tables.get(int(found["table"]))
        if table is None:
            return set()
        needs: set[Need] = set()
        for bit, privilege in _BITS.items():
            numbers = found.groupdict().get(privilege, "").split()
            if int(found["bits"]) & bit and not numbers:
                needs.add((table, privilege, None))
            # A number that is no column of the table stands for the whole row.
            columns = {self._columns.get((table, int(number) + _OFFSET)) for number in numbers}
            needs |= {(table, privilege, column) for column in columns}
        return needs
