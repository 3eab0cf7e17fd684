"""``rollout scaffold`` writes an endpoint's draft, overwrites no file, and prints its questions."""

import importlib
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from core_site import rollout
from core_site.rollout import commands
from core_site.rollout.commands.exit_codes import ExitCode
from core_site.rollout.evidence_models import Recording
from core_site.rollout.routes import api_routes
from shared_domain.rollout import Side
from tests.rollout_commands.commanding import (
    STATEMENTS,
    USERS,
    Outcome,
    register,
    row_of,
    run_rollout,
)

pytestmark = pytest.mark.usefixtures("registered")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the folders that drafts are written into, and no endpoint."""
    for folder in ("api_edge/v1", "shared_domain", "tests/both_doors"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def files_in(repository: Path) -> set[str]:
    return {str(path.relative_to(repository)) for path in repository.rglob("*.py")}


def test_every_file_that_it_names_is_there(repository: Path) -> None:
    drafted = run_rollout("scaffold", *STATEMENTS, "--root", str(repository), "--json")

    assert (drafted.status, drafted.stderr) == (0, "")
    assert drafted.document["written"]
    assert {file["path"] for file in drafted.document["files"]} == files_in(repository)
    assert "tests/both_doors/test_statements.py" in files_in(repository)


def test_it_prints_the_files_and_the_questions(repository: Path) -> None:
    shown = run_rollout("scaffold", *STATEMENTS, "--root", str(repository)).stdout

    assert shown.startswith("Written:\n  api_edge/v1/")
    assert "\n  - How is it answered as text/csv?\n" in shown
    assert "\N{REPLACEMENT CHARACTER}" not in shown


def test_a_dry_run_writes_nothing(repository: Path) -> None:
    shown = run_rollout("scaffold", *STATEMENTS, "--root", str(repository), "--dry-run")

    assert shown.stdout.startswith("Would write:\n")
    assert files_in(repository) == set()


def test_a_file_in_the_way_is_named_and_nothing_is_written(repository: Path) -> None:
    in_the_way = repository / "tests" / "both_doors" / "test_statements.py"
    in_the_way.write_text("# mine\n")

    refused = run_rollout("scaffold", *STATEMENTS, "--root", str(repository))

    assert refused.status == 3
    assert f"nothing was written: {in_the_way}: File exists" in refused.stderr
    assert in_the_way.read_text() == "# mine\n"
    assert files_in(repository) == {"tests/both_doors/test_statements.py"}


def test_another_endpoint_of_the_feature_gets_modules_of_another_name(repository: Path) -> None:
    run_rollout("scaffold", *STATEMENTS, "--root", str(repository))
    before = files_in(repository)

    month = ("GET", "/v1/statements/{month}")
    options = ("--root", str(repository), "--module", "month", "--json")
    drafted = run_rollout("scaffold", *month, *options)

    assert sorted(files_in(repository) - before) == [
        "api_edge/v1/month.py",
        "api_edge/v1/month_schemas.py",
        "tests/both_doors/test_month.py",
    ]
    assert drafted.status == 0


@pytest.mark.parametrize("module", ["my-month", "../month", "class", "2026"])
def test_a_module_that_python_cannot_import_is_refused(repository: Path, module: str) -> None:
    options = ("--root", str(repository), "--module", module)
    refused = run_rollout("scaffold", *STATEMENTS, *options)

    assert refused.status == ExitCode.USAGE
    assert f"--module: {module!r} is no name of a Python module" in refused.stderr
    assert files_in(repository) == set()


def test_what_the_edge_has_is_refused_in_one_line() -> None:
    refused = run_rollout("scaffold", *USERS, "--dry-run")

    assert (refused.status, refused.stdout) == (3, "")
    assert "the edge already has GET /v1/users/{id}" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_an_unknown_endpoint_is_refused_with_a_list_of_the_known(repository: Path) -> None:
    refused = run_rollout("scaffold", "GET", "/v1/nothing", "--root", str(repository))

    assert refused.status == 3
    assert "Django has no GET /v1/nothing, and none was recorded" in refused.stderr
    assert all(f"{one.method} {one.path_template}" in refused.stderr for one in api_routes())
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("/v1/legacy-orders", "legacy_orders"),
        pytest.param("/v1/import", "import_", id="a keyword of Python"),
    ],
)
def test_recorded_traffic_stands_in_for_a_view(repository: Path, path: str, module: str) -> None:
    legacy = ("GET", path)
    register(legacy, side=Side.DJANGO)
    Recording.objects.create(
        endpoint=row_of(legacy), at=timezone.now(), fingerprint="1", status=200,
        target=f"{path}?limit=2", answer={"orders": [{"number": 7, "paid": True}]},
    )  # fmt: skip

    drafted = run_rollout("scaffold", *legacy, "--root", str(repository))

    assert (drafted.status, drafted.stderr) == (0, "")
    assert "Which query parameters does it take? Recorded: limit." in drafted.stdout
    models = (repository / f"api_edge/v1/{module}_schemas.py").read_text()
    # PostgreSQL keeps the keys of a recorded answer in an order of its own.
    assert "    number: int\n" in models
    assert "    paid: bool\n" in models


def test_without_the_generators_it_says_how_to_install_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As in production, where they are not installed and nothing has imported them.
    monkeypatch.setitem(sys.modules, "datamodel_code_generator", None)
    for package in (rollout, commands):
        monkeypatch.setattr(package, "scaffold", None, raising=False)
        for name in [*sys.modules]:
            if name.startswith(f"{package.__name__}.scaffold"):
                monkeypatch.delitem(sys.modules, name)

    # The command and its other verbs are there without them.
    importlib.import_module(f"{commands.__name__}.scaffold")
    refused = run_rollout("scaffold", *STATEMENTS)

    said = "CommandError: datamodel_code_generator is missing: ./deploy/up --dev installs it\n"
    assert refused == Outcome(ExitCode.REFUSED, "", said)


def test_a_folder_that_cannot_be_written_is_one_line(repository: Path) -> None:
    (repository / "tests" / "both_doors").rmdir()
    (repository / "tests" / "both_doors").write_text("a file, not a folder")

    refused = run_rollout("scaffold", *STATEMENTS, "--root", str(repository))

    assert refused.status == 3
    assert "nothing was written" in refused.stderr
    assert files_in(repository) == set()
