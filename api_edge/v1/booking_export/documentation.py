"""The export's responses in the OpenAPI document."""

import json

from api_edge.v1.booking_export.lines import CSV, NDJSON
from api_edge.v1.booking_export.schemas import EXAMPLE_END, EXAMPLE_ROW
from api_edge.v1.openapi_responses import NOT_A_PARAMETER, Responses, problem_responses
from shared_domain import booking_export
from shared_domain.partners import Scope

_NDJSON_EXAMPLE = "".join(f"{json.dumps(line)}\n" for line in (EXAMPLE_ROW, EXAMPLE_END))

_CSV_EXAMPLE = "\r\n".join(
    [
        ",".join(EXAMPLE_ROW),
        "0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18,false,TRV-2026-88310,RK-7Q4M2,CONFIRMED,…",
        "# 1 bookings, complete",
        "",
    ]
)

EXPORT_RESPONSES: Responses = {
    200: {
        "description": "Each line is one booking, and the last one says how the export ended.",
        "content": {
            NDJSON: {"examples": {"one booking": {"value": _NDJSON_EXAMPLE}}},
            CSV: {
                "schema": {"type": "string"},
                "examples": {"one booking": {"value": _CSV_EXAMPLE}},
            },
        },
        "headers": {
            "Content-Disposition": {
                "description": "A name for the file; of CSV only.",
                "schema": {"type": "string"},
            }
        },
    },
    **problem_responses(
        booking_export.ExportCursorUnknown(), scope=Scope.BOOKINGS_READ, example=NOT_A_PARAMETER
    ),
}
