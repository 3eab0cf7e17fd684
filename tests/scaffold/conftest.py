"""A copy of the repository, into which the drafts of endpoints of every kind have been written."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.databases import ROOT
from tests.harness.deploy_up import clean_environment
from tests.harness.repository_copy import share_bytecode

BOATS = "tests.scaffold.boats"

#: What is drafted, in this order, and the URLconf that it is read from; None is Django's own.
ENDPOINTS = {
    "GET /v1/statements/{month}": None,
    "POST /v1/users": None,
    "POST /v1/boats": BOATS,
    "GET /v1/boats": BOATS,
    "PATCH /v1/boats/{pk}": BOATS,
    "DELETE /v1/boats/{pk}": BOATS,
    "POST /v1/boats/{pk}/launch": BOATS,
    "GET /v1/guests": BOATS,
    "GET /v1/tides/{port}": BOATS,
    "POST /v1/trips": BOATS,
}

#: Recorded answers of the tides, which no serializer describes.
TIDES = [
    (200, "/v1/tides/lisbon?day=2026-07-14", {"port": "lisbon", "level": 1.5, "moon": None,
     "pilots": [{"name": None, "boats": 2}], "warnings": []}),
    (200, "/v1/tides/porto", {"port": "porto", "level": 2, "moon": "full", "spring": True,
     "pilots": [], "warnings": []}),
    (404, "/v1/tides/madrid", {"detail": "no such port"}),
]  # fmt: skip


#: Describes each endpoint, calls it with the transaction that a dry run brings, and then runs the
#: generated tests that need neither Django nor a running edge: in one process, which imports the
#: edge once. Pytest gets no conftest and none of the plugins that would set Django up.
TRY_EACH = """
import asyncio, importlib, inspect, sys
from types import SimpleNamespace
from fastapi import FastAPI
import pytest

class DryRun:
    async def commit(self): ...
    async def close(self): ...

end = sys.argv.index("--")
for name in sys.argv[1:end]:
    app = FastAPI()
    (route,) = importlib.import_module(name).router.routes
    app.router.routes.append(route)
    ((path, (method, *_)),) = app.openapi()["paths"].items()
    given = DryRun()
    scope = {"headers": [], "state": {"dry_run_transaction": given}}
    request = SimpleNamespace(scope=scope)
    arguments = dict.fromkeys(inspect.signature(route.endpoint).parameters)
    try:
        asyncio.run(route.endpoint(**arguments | {"request": request}))
    except NotImplementedError as todo:
        assert todo.args[1] is given, todo
        print(method.upper(), path)
print("failures", flush=True)
options = "-q --tb=line --noconftest -o addopts= --import-mode=importlib -p no:cacheprovider"
sys.exit(pytest.main([*options.split(), "--disable-plugin-autoload", *sys.argv[end + 1:]]))
"""


@dataclass(frozen=True)
class Generated:
    """The copy, the paths of each draft, and its questions."""

    root: Path
    paths: dict[str, list[str]]
    questions: dict[str, list[str]]

    @property
    def all_paths(self) -> list[str]:
        return [path for paths in self.paths.values() for path in paths]

    def text(self, path: str) -> str:
        return (self.root / path).read_text()


@dataclass(frozen=True, kw_only=True)
class Tried:
    """The endpoints that took the transaction of a dry run, and what pytest said."""

    called: list[str]
    failures: str


@pytest.fixture(scope="session")
def tried(generated: Generated) -> Tried:
    """What became of the drafts when each was called, and of the generated tests."""
    (generated.root / "try_each.py").write_text(TRY_EACH)
    modules = [
        path.removesuffix(".py").replace("/", ".")
        for path in generated.all_paths
        if path.startswith("api_edge/") and "_schemas" not in path
    ]
    nodes = [
        f"{path}::{name}"
        for path in generated.all_paths
        if path.startswith("tests/")
        for name in ("test_the_edge_has_it", "test_what_is_to_be_answered")
    ]
    done = subprocess.run(
        [sys.executable, "-m", "try_each", *modules, "--", *nodes],
        cwd=generated.root, env=clean_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    called, _, failures = done.stdout.partition("failures\n")
    return Tried(called=called.splitlines(), failures=failures)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    # Pytest reads this file before the settings exist, so what needs Django is imported late.
    from core_site.rollout.evidence_models import Recording
    from core_site.rollout.routes import api_routes
    from core_site.rollout.scaffold.draft import draft_endpoint

    copy = Generated(copy_of_the_repository(tmp_path_factory.mktemp("repository")), {}, {})
    tides = [Recording(status=one[0], target=one[1], answer=one[2]) for one in TIDES]
    for endpoint, urlconf in ENDPOINTS.items():
        method, path = endpoint.split()
        routes = {(one.method, one.path_template): one for one in api_routes(urlconf, ["/v1/"])}
        files, copy.questions[endpoint] = draft_endpoint(
            (method, path),
            root=copy.root,
            route=routes[method, path],
            traffic=tides if "tides" in path else [],
            module=f"drafted_{len(copy.paths)}",
        )
        copy.paths[endpoint] = list(files)
        for name, text in files.items():
            (copy.root / name).parent.mkdir(exist_ok=True)
            (copy.root / name).write_text(text)
    return copy


def copy_of_the_repository(root: Path) -> Path:
    """Copy what is drafted into, and link the rest. No users' endpoint is left."""
    no_caches = shutil.ignore_patterns("__pycache__", "static")
    for folder in ("api_edge", "shared_domain", "tests"):
        shutil.copytree(ROOT / folder, root / folder, ignore=no_caches, dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", root)
    for path in ("core_site", "deploy", "api_edge/static"):
        (root / path).symlink_to(ROOT / path)
    users = root / "api_edge" / "v1" / "users.py"
    users.write_text('from api_edge.v1.route import v1_router\n\nrouter = v1_router("Users")\n')
    share_bytecode(root)
    return root
