"""The documents lead to what is there, and the README stays short."""

import re
import subprocess

import pytest

from tests.harness.databases import ROOT

DOCUMENTS = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd=ROOT, capture_output=True, text=True, check=True,
).stdout.split()  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file(document: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", (ROOT / document).read_text(encoding="utf-8"))
    files = [
        link.partition("#")[0] for link in links if "://" not in link and not link.startswith("/")
    ]

    folder = (ROOT / document).parent
    assert [file for file in files if file and not (folder / file).exists()] == []


def test_the_readme_has_at_most_900_words() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 900
