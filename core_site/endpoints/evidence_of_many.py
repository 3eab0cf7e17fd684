"""What was seen of many endpoints, in one question: a list asks none for each of its rows."""

from collections.abc import Iterable, Mapping

from core_site.database import DjangoDatabase
from core_site.endpoints.database import registry_alias
from shared_domain.database import Parameters, Row
from shared_domain.endpoints import Endpoint, EndpointId, Seen
from shared_domain.endpoints.sql_store import SEEN, SqlEndpoints
from shared_domain.run_now import run_now

_SEEN_OF_ONE = SEEN.replace("%(id)s", "listed.id")

SEEN_OF_MANY = f"""
    SELECT listed.id, seen.*
      FROM endpoints_endpoint AS listed
     CROSS JOIN LATERAL ({_SEEN_OF_ONE}) AS seen
     WHERE listed.id = ANY(%(ids)s)
"""


class _AskedBefore(DjangoDatabase):
    """Answers the store's question about one endpoint from the rows that are here already."""

    def __init__(self, rows: Mapping[object, Row]) -> None:
        self._rows = rows

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        return self._rows.get(parameters["id"])


def seen_of(many: Iterable[Endpoint]) -> dict[EndpointId, Seen]:
    """Return what the comparisons of each endpoint have shown, as the store would one by one."""
    listed = list(many)
    ids = {"ids": [endpoint.id for endpoint in listed]}
    rows = run_now(DjangoDatabase(registry_alias()).fetch_all(SEEN_OF_MANY, ids)) if listed else []
    store = SqlEndpoints(_AskedBefore({row[0]: row[1:] for row in rows}))
    return {endpoint.id: run_now(store.seen(endpoint)) for endpoint in listed}
