"""Opens pages of the admin on the database of ``DATABASE_URL``, and prints what they cost as JSON.

A program of its own, ``python -m tests.search.pages_at_scale PATH…``: the tests' Django has another
database.
"""

import json
import os
import re
import sys
import time

import django

#: Tables that grow without end.
GROWING = ("bookings_booking", "bookings_unititem", "search_bookingterms", "events_event")


def main(paths: list[str]) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "core_site.config.settings"
    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.filter(is_superuser=True)[0])
    found = {}
    for path in paths:
        client.get(path)  # Connections and caches of the process.
        started = time.perf_counter()
        answer = client.get(path)
        seconds = time.perf_counter() - started
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        read = [query["sql"] for query in asked.captured_queries if query["sql"][:4] in _READS]
        found[path] = {
            "status": answer.status_code,
            "milliseconds": round(seconds * 1000),
            "queries": len(asked.captured_queries),
            "walked": [sql for sql in read if _walks(connection, sql)],
        }
    print(json.dumps(found))


_READS = ("SELE", "WITH")


def _walks(connection: object, statement: str) -> bool:
    """Return whether PostgreSQL would read a growing table from end to end."""
    with connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("EXPLAIN " + statement.replace("%", "%%"))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    return re.search(rf"Seq Scan on ({'|'.join(GROWING)})\b", plan) is not None


if __name__ == "__main__":
    main(sys.argv[1:])
