"""All files of a draft are written or none, no existing one is touched, and a refusal says why."""

from pathlib import Path

import pytest

from core_site.rollout.scaffolding import (
    AlreadyOnTheEdge,
    Draft,
    FilesInTheWay,
    NoSuchRoute,
    PathUnusable,
    Sample,
    WrittenFile,
    draft,
)
from tests.databases import ROOT
from tests.scaffolding.conftest import BOATS


def everything_in(root: Path) -> dict[Path, bytes]:
    return {it: it.read_bytes() for it in root.rglob("*") if it.is_file()}


def boats(root: Path, endpoint: str = "POST /v1/boats") -> Draft:
    method, path = endpoint.split()
    return draft(method, path, root=root, urlconf=BOATS)


def test_a_draft_writes_nothing(repository: Path) -> None:
    before = everything_in(repository)

    drafted = boats(repository)

    assert everything_in(repository) == before
    assert [str(it.path) for it in drafted.files] == [
        "api_edge/v1/boats_schemas.py",
        "api_edge/v1/boats.py",
        "shared_domain/boats/__init__.py",
        "shared_domain/boats/model.py",
        "shared_domain/boats/services.py",
        "tests/both_doors/test_boats.py",
    ]
    assert all(it.line_count == len(it.text.splitlines()) for it in drafted.files)


def test_writing_adds_those_files_and_changes_no_other(repository: Path) -> None:
    before = everything_in(repository)

    written = boats(repository).write()

    after = everything_in(repository)
    assert {path: after[path] for path in before} == before
    assert after.keys() - before.keys() == {repository / it.path for it in written}


def test_doing_it_twice_is_refused(repository: Path) -> None:
    boats(repository).write()
    before = everything_in(repository)

    with pytest.raises(AlreadyOnTheEdge, match=r"already has POST /v1/boats: see api_edge/v1/boa"):
        boats(repository)

    assert everything_in(repository) == before


def test_what_the_edge_has_by_hand_is_refused() -> None:
    with pytest.raises(AlreadyOnTheEdge, match=r"PATCH /v1/users/\{id\}: see api_edge/v1/users.py"):
        draft("PATCH", "/v1/users/{user}", root=ROOT)


def test_another_endpoint_of_the_feature_gets_files_of_its_own(repository: Path) -> None:
    boats(repository).write()

    drafted = boats(repository, "GET /v1/boats/{pk}")

    assert [str(it.path) for it in drafted.files] == [
        "api_edge/v1/get_boat_schemas.py",
        "api_edge/v1/get_boat.py",
        "shared_domain/boats/getting_boat.py",
        "tests/both_doors/test_get_boat.py",
    ]


def test_a_file_in_the_way_is_named(repository: Path) -> None:
    boats(repository).write()
    in_the_way = repository / "api_edge" / "v1" / "get_boat.py"
    in_the_way.write_text("# mine\n")

    with pytest.raises(FilesInTheWay, match=r"nothing was written: api_edge/v1/get_boat.py$"):
        boats(repository, "GET /v1/boats/{pk}")

    assert in_the_way.read_text() == "# mine\n"


def test_a_file_that_comes_into_being_meanwhile_stops_everything(repository: Path) -> None:
    drafted = boats(repository)
    (repository / "tests" / "both_doors" / "test_boats.py").write_text("# mine\n")

    with pytest.raises(FilesInTheWay, match="test_boats"):
        drafted.write()

    assert not (repository / "shared_domain" / "boats").exists()


def test_what_fails_halfway_leaves_nothing(tmp_path: Path) -> None:
    # A link to nowhere does not exist, and cannot be written either.
    (tmp_path / "b.py").symlink_to("nowhere")
    files = tuple(WrittenFile(Path(path), "text\n") for path in ("feature/a.py", "b.py"))

    with pytest.raises(FileExistsError):
        Draft(tmp_path, files, "", ()).write()

    assert [it.name for it in tmp_path.iterdir()] == ["b.py"]


@pytest.mark.parametrize("endpoint", ["GET /v1/ships", "HEAD /v1/boats", "DELETE /v1/boats"])
def test_an_endpoint_that_the_site_has_not_is_refused(endpoint: str) -> None:
    with pytest.raises(NoSuchRoute) as refused:
        boats(ROOT, endpoint)

    assert f"the site has no {endpoint}, and no traffic of it was recorded" in str(refused.value)
    assert "\n  GET /v1/boats\n  POST /v1/boats\n" in str(refused.value)


def test_traffic_alone_is_enough_for_a_site_that_is_not_django(repository: Path) -> None:
    seen = [Sample(status=201, target="/v1/ships", body={"name": "a"}, answer={"id": 1})]

    drafted = draft("POST", "/v1/ships", root=repository, observed=seen, urlconf=BOATS)

    assert len(drafted.files) == 6
    assert "status_code=201" in drafted.files[1].text


@pytest.mark.parametrize("path", ["/admin/login/", "/v1/{id}", "/v1/"])
def test_a_path_without_a_name_of_the_api_is_refused(path: str) -> None:
    seen = [Sample(status=200, target=path, answer={})]

    with pytest.raises(PathUnusable, match=r"is not an address|has no word"):
        draft("GET", path, root=ROOT, observed=seen)


def test_what_is_left_is_told_line_by_line(repository: Path) -> None:
    told = boats(repository).by_hand

    assert "api_edge/app.py:\n    from api_edge.v1 import boats\n    *boats.router.routes," in told
    assert "    async def writing_boats(request: Request) -> AsyncIterator[SqlBoats]:" in told
    assert "    BoatsToWrite = Annotated[SqlBoats, Depends(writing_boats, scope=" in told
