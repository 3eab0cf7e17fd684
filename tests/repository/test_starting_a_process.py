"""Each process of Django starts without the libraries that only some of its work needs."""

import subprocess
import sys

from tests.harness.databases import ROOT

#: What is imported where it is used, and takes as long to import as a tenth of Django or more.
ON_DEMAND = (
    "fpdf",
    "fontTools",
    "PIL",
    "drf_spectacular",
    "genson",
    "core_site.demo",
)

START = f"""
import sys
import django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
print(*set({ON_DEMAND!r}) & set(sys.modules))
"""


def test_without_what_few_pages_need() -> None:
    started = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", START],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (started.returncode, started.stdout) == (0, "\n"), started.stderr
