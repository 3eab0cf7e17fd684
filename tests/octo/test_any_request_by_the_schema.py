"""Whatever request the OpenAPI document allows or forbids, the answer is one that it describes.

Schemathesis makes the requests up from the document: well-formed ones, and ones that are wrong
in a single place, which must be refused.
"""

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import positive_data_acceptance

from tests.octo.conftest import Edge
from tests.octo.schemas import own_document

# Every id it can think of is unknown here, so well-formed requests are rightly refused too.
NOT_MEANT_HERE = [positive_data_acceptance]

schema = schemathesis.openapi.from_dict(own_document()).include(path_regex="^/octo/")


@schema.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_answer_is_documented(case: schemathesis.Case, edge: Edge) -> None:
    case.call_and_validate(
        base_url=f"http://127.0.0.1:{edge.port}",
        headers={"Authorization": f"Bearer {edge.keys.live}"},
        excluded_checks=NOT_MEANT_HERE,
    )
