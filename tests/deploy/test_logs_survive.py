"""A process's log outlives its restarts, and takes no more than its bound."""

from contextlib import closing
from pathlib import Path

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


def test_the_end_of_a_long_log_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "edge.log"
    log.write_text("x" * 100_000 + "\nlast but one\nlast\n")

    assert process_logs.last_lines(log, 2) == ["last but one", "last"]
