"""What ``deploy/up`` remembers survives releases, and damage to it is said in one line."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from deploy.console import SetupError
from deploy.data_folder import DataFolder

FILES = ("secrets.json", "demo.json", "running.json")

DAMAGED = {
    "empty": b"",
    "cut off": b'{"version": 2, "pro',
    "not JSON": b"\x00\xff\xfe",
    "nested without end": b"[" * 100_000,
    "a list": b"[1, 2]",
    "a version that is none": b'{"version": "two"}',
    "wrong kinds": b'{"version": 2, "edge_password": 7, "database": 1, "processes": [{"pid": -1}]}',
}


def read_all(folder: Path) -> None:
    with closing(DataFolder(folder)) as data:
        data.stop_leftovers()
        data.secret("edge_password")
        data.demo(database="here")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_says_what_to_do(tmp_path: Path, name: str, damage: str) -> None:
    (tmp_path / name).write_bytes(DAMAGED[damage])

    with pytest.raises(SetupError, match="is damaged") as refused:
        read_all(tmp_path)

    assert str(tmp_path / name) in str(refused.value)
    assert "remove it" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    with pytest.raises(SetupError, match=r"cannot be read \(Is a directory\)"):
        read_all(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_newer_release_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"version": 99}')

    with pytest.raises(SetupError, match="written by a newer release"):
        read_all(tmp_path)

    assert (tmp_path / name).read_text() == '{"version": 99}'


def test_files_of_the_first_release_are_migrated(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"edge_password": "kept"}')
    (tmp_path / "demo.json").write_text('{"database": "here", "logins": {"api_key": "pk_1"}}')

    with closing(DataFolder(tmp_path)) as data:
        assert data.secret("edge_password") == "kept"
        assert data.secret("parity_key")
        assert data.demo(database="here") == {"api_key": "pk_1"}

    written = json.loads((tmp_path / "secrets.json").read_text())
    assert written["version"] == 2
    assert written["edge_password"] == "kept"


def test_a_process_that_was_gone_when_it_was_written_down_is_not_looked_for(tmp_path: Path) -> None:
    (tmp_path / "running.json").write_text(
        '{"processes": [{"pid": 4194305, "identity": null, "stop_signal": 15}]}'
    )

    read_all(tmp_path)
