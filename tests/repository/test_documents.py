"""Documents and docstrings lead to what is there, and the README stays short."""

import ast
import re
import subprocess

import pytest

from tests.harness.databases import ROOT

DOCUMENTS = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd=ROOT, capture_output=True, text=True, check=True,
).stdout.split()  # fmt: skip

PACKAGES = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*/__init__.py"],
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


def test_a_packages_docstring_lists_modules_that_exist() -> None:
    """A paragraph lists modules when at least half of its rows begin with the name of one."""
    stale = []
    for package in PACKAGES:
        modules = {path.stem for path in (ROOT / package).parent.iterdir()}
        docstring = ast.get_docstring(ast.parse((ROOT / package).read_text(encoding="utf-8")))
        for paragraph in (docstring or "").split("\n\n"):
            rows = re.findall(r"^ *([a-z_]\w*(?:, \w+)*)/?  +\S", paragraph, re.M)
            names = {name for row in rows for name in row.split(", ")}
            if len(names) <= 2 * len(names & modules):
                stale += [f"{package}: {name}" for name in names - modules]

    assert stale == []
