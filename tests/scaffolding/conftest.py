"""A copy of the repository, into which endpoints of every kind have been generated."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.databases import ROOT

# Pytest reads this file before the settings exist, so what needs Django is imported late.
if TYPE_CHECKING:
    from core_site.rollout.scaffolding import Draft

BOATS = "tests.scaffolding.boats"

#: What is generated, in this order, and the URLconf that it is read from; None is the site's own.
ENDPOINTS = {
    "GET /v1/statements/{month}": None,
    "POST /v1/users": None,
    "POST /v1/boats": BOATS,
    "GET /v1/boats": BOATS,
    "GET /v1/boats/{pk}": BOATS,
    "PATCH /v1/boats/{pk}": BOATS,
    "DELETE /v1/boats/{pk}": BOATS,
    "POST /v1/boats/{pk}/launch": BOATS,
    "GET /v1/guests": BOATS,
    "GET /v1/tides/{port}": BOATS,
    "GET /v1/trips": BOATS,
    "POST /v1/trips": BOATS,
    "GET /v1/weather": BOATS,
}


@dataclass(frozen=True)
class Generated:
    """The copy, and what was written into it."""

    root: Path
    drafts: "dict[str, Draft]"

    @property
    def paths(self) -> list[str]:
        return [str(file.path) for draft in self.drafts.values() for file in draft.files]

    def text(self, path: str) -> str:
        return (self.root / path).read_text()


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    from core_site.rollout import scaffolding
    from tests.scaffolding.traffic import TIDES

    root = copy_of_the_repository(tmp_path_factory.mktemp("repository"))
    drafts = {}
    for endpoint, urlconf in ENDPOINTS.items():
        observed = TIDES if "tides" in endpoint else None
        method, path = endpoint.split()
        draft = scaffolding.draft(method, path, root=root, observed=observed, urlconf=urlconf)
        draft.write()
        drafts[endpoint] = draft
    return Generated(root, drafts)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy into which nothing has been generated."""
    return copy_of_the_repository(tmp_path / "repository")


def copy_of_the_repository(root: Path) -> Path:
    """Copy what is generated into; the rest is the repository's own. No users' endpoint is left."""
    no_caches = shutil.ignore_patterns("__pycache__", "static")
    for folder in ("api_edge", "shared_domain", "tests"):
        shutil.copytree(ROOT / folder, root / folder, ignore=no_caches, dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", root)
    for path in ("core_site", "deploy", "api_edge/static"):
        (root / path).symlink_to(ROOT / path)
    users = root / "api_edge" / "v1" / "users.py"
    users.write_text('from api_edge.v1.route import v1_router\n\nrouter = v1_router("Users")\n')
    return root
