"""What ``.typings/`` says of libraries without types is true of the versions that are installed."""

import os
import subprocess
import sys

import pytest

from deploy.virtualenv import ROOT


@pytest.mark.long
def test_it_matches_the_installed_libraries() -> None:
    libraries = sorted(path.name for path in (ROOT / ".typings").iterdir())
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "core_site.config.settings_for_mypy"}

    compared = subprocess.run(
        [
            *(sys.executable, "-m", "mypy.stubtest", "--ignore-missing-stub"),
            *("--concise", "--mypy-config-file", "pyproject.toml", *libraries),
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert compared.returncode == 0, compared.stdout + compared.stderr
