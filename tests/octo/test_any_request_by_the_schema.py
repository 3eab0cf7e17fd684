"""Whatever request the OpenAPI document allows or forbids, the answer is one that it describes.

Schemathesis makes the requests up from the document: well-formed ones, and ones that are wrong
in a single place, which must be refused. It runs in a process of its own, since it makes them up
for every process that collects a test of its pytest plugin. Each operation gets a few made-up
requests every day, and in the long form also every limit of every field, one request for each.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.openapi import own_document
from tests.octo.edge import Edge

# Every id it can think of is unknown here, so well-formed requests are rightly refused too.
NOT_MEANT_HERE = "positive_data_acceptance"


@pytest.mark.parametrize(
    ("phases", "examples"),
    [
        ("examples,fuzzing", 4),
        pytest.param("examples,coverage,fuzzing", 15, marks=pytest.mark.long),
    ],
)
def test_the_answer_is_documented(edge: Edge, tmp_path: Path, phases: str, examples: int) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(own_document()))

    finished = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color", "run", str(document)),
            *(f"--url=http://127.0.0.1:{edge.port}", "--include-path-regex=^/octo/"),
            f"--header=Authorization: Bearer {edge.keys.live}",
            *(f"--phases={phases}", f"--max-examples={examples}"),
            *("--generation-deterministic", "--suppress-health-check=all"),
            f"--exclude-checks={NOT_MEANT_HERE}",
            "--continue-on-failure",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    operations = sum(
        len(methods) for path, methods in own_document()["paths"].items() if path[:6] == "/octo/"
    )
    assert re.search(rf"Operations: +{operations} selected", finished.stdout), finished.stdout
