"""Each process of Django starts without the libraries that only some of its work needs."""

import os

from tests.harness.fork_server import run_manage

#: What is imported where it is used, and takes as long to import as a tenth of Django or more.
ON_DEMAND = (
    "fpdf",
    "fontTools",
    "PIL",
    "drf_spectacular",
    "genson",
    "core_site.demo",
)

#: The process is forked when Django is set up, and has imported every view.
FOUND = f"import sys; print(*set({ON_DEMAND!r}) & set(sys.modules))"


def test_without_what_few_pages_need() -> None:
    started = run_manage("shell", "--no-imports", "-c", FOUND, environment=dict(os.environ))

    assert (started.returncode, started.stdout) == (0, "\n"), started.stderr
