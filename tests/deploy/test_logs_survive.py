"""A process's log outlives its restarts, and takes no more than its bound."""

import resource
from contextlib import closing
from pathlib import Path

import pytest

from deploy import process_logs
from deploy.data_folder import DataFolder


def test_a_start_appends_to_what_was_written_before(tmp_path: Path) -> None:
    with closing(DataFolder(tmp_path)) as data:
        data.log("edge").open("a").write("why it crashed\n")

        lines = data.log("edge").read_text().splitlines()

    assert lines[1] == "why it crashed"
    assert lines[0].startswith("--- started at ")
    assert lines[2].startswith("--- started at ")


def test_a_process_goes_on_writing_after_its_log_was_rotated(tmp_path: Path) -> None:
    log = tmp_path / "edge.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(20):
            writer.write(b"line %d\n" % number * 10)
            process_logs.rotate_if_long(log, longest_bytes=100, files=3)

    kept = [process_logs.rotated_file(log, 2), process_logs.rotated_file(log, 1), log]
    text = "".join(path.read_text() for path in kept)
    assert "\0" not in text
    assert text.endswith("line 19\n" * 10)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in kept}
    assert all(path.stat().st_size < 200 for path in kept)


def test_a_log_that_cannot_be_copied_costs_no_older_one(tmp_path: Path) -> None:
    """As on a full disk, where the supervisor tries again several times a second."""
    log = tmp_path / "edge.log"
    older = {process_logs.rotated_file(log, number): f"{number}" for number in range(1, 5)}
    for path, text in older.items():
        path.write_text(text)
    log.write_text("x" * 200)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        for _ in older:
            with pytest.raises(OSError, match="too large"):
                process_logs.rotate_if_long(log, longest_bytes=100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert {path: path.read_text() for path in tmp_path.iterdir()} == {log: "x" * 200} | older


def test_the_end_of_a_long_log_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "edge.log"
    log.write_text("x" * 100_000 + "\nlast but one\nlast\n")

    assert process_logs.last_lines(log, 2) == ["last but one", "last"]
