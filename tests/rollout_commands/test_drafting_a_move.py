"""``rollout scaffold`` writes the draft of a move, and says what it could not know."""

import shutil
from pathlib import Path

import pytest
from django.utils import timezone

from core_site.rollout.models import Recording
from core_site.rollout.routes import api_routes
from shared_domain.rollout import Side
from tests.databases import ROOT
from tests.rollout_commands.commanding import STATEMENTS, USERS, register, row_of, run_rollout

AUTHENTICATION = "api_edge/auth/authentication.py"

pytestmark = pytest.mark.usefixtures("registered")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in which the edge has the house dialect and no endpoint of it."""
    for folder in ("api_edge/v1", "api_edge/auth", "shared_domain", "tests/both_doors"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / AUTHENTICATION, tmp_path / AUTHENTICATION)
    return tmp_path


def files_in(repository: Path) -> set[str]:
    return {str(it.relative_to(repository)) for it in repository.rglob("*.py")} - {AUTHENTICATION}


def test_every_file_that_it_names_is_there(repository: Path) -> None:
    drafted = run_rollout("scaffold", *STATEMENTS, "--root", str(repository), "--json")

    assert (drafted.status, drafted.stderr) == (0, "")
    assert drafted.document["written"]
    assert {it["path"] for it in drafted.document["files"]} == files_in(repository)
    assert any(path.startswith("tests/both_doors/") for path in files_in(repository))


def test_people_read_what_is_left_to_them(repository: Path) -> None:
    shown = run_rollout("scaffold", *STATEMENTS, "--root", str(repository)).stdout

    assert shown.startswith("Written:\n  api_edge/v1/")
    assert "\nLeft to add by hand:\n\napi_edge/app.py:\n" in shown
    assert "\N{REPLACEMENT CHARACTER}" not in shown


def test_a_dry_run_writes_nothing(repository: Path) -> None:
    shown = run_rollout("scaffold", *STATEMENTS, "--root", str(repository), "--dry-run")

    assert shown.stdout.startswith("Would write:\n")
    assert files_in(repository) == set()


def test_what_the_edge_has_is_refused_in_one_line() -> None:
    refused = run_rollout("scaffold", *USERS, "--dry-run")

    assert (refused.status, refused.stdout) == (3, "")
    assert "the edge already has GET /v1/users/{id}" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_an_endpoint_that_nobody_has_is_refused_with_those_there_are(repository: Path) -> None:
    refused = run_rollout("scaffold", "GET", "/v1/nothing", "--root", str(repository))

    assert refused.status == 3
    assert "the site has no GET /v1/nothing" in refused.stderr
    assert all(f"{it.method} {it.path_template}" in refused.stderr for it in api_routes())
    assert len(refused.stderr.splitlines()) == 1


def test_recorded_traffic_stands_in_for_a_view(repository: Path) -> None:
    legacy = ("GET", "/v1/legacy-orders")
    register(legacy, side=Side.DJANGO)
    Recording.objects.create(
        endpoint=row_of(legacy), at=timezone.now(), fingerprint="1", status=200,
        target="/v1/legacy-orders?limit=2", answer={"orders": [{"number": 7}]},
    )  # fmt: skip

    drafted = run_rollout("scaffold", *legacy, "--root", str(repository))

    assert (drafted.status, drafted.stderr) == (0, "")
    assert "legacy_orders" in drafted.stdout


def test_a_folder_that_cannot_be_written_is_one_line(repository: Path) -> None:
    (repository / "tests" / "both_doors").rmdir()
    (repository / "tests" / "both_doors").write_text("a file, not a folder")

    refused = run_rollout("scaffold", *STATEMENTS, "--root", str(repository))

    assert refused.status == 3
    assert "nothing was written" in refused.stderr
