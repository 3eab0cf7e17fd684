"""Two runs may differ in figures, moments, ids and secrets, and in nothing else."""

import pytest

from tests.tutorial.same_output import shows_same
from tests.tutorial.steps import Change, Command, WrittenFile, read_steps


@pytest.mark.parametrize(
    ("printed", "real"),
    [
        ("parity 87.4 % of 167 comparisons", "parity 9.1 % of 1,204 comparisons"),
        ("since 2026-11-22 15:37:08 UTC", "since 2027-01-01 00:00:00 UTC"),
        ("in 468acac4-f616-4bdf-bf16-87d21f98c1da", "in 0fa61700-b06d-4900-a8d2-3767fe8a68a2"),
        ('text, hash "1b446ce9504c"', 'text, hash "000000000000"'),
        ("GET /v1/x   216    24", "GET /v1/x     9  (1.5)"),
        ("12 passed in 34.73s", "12 passed in 5.00s"),
        ("12 passed in 34.73s", "12 passed in 88.46s (0:01:28)"),
        ("0 fell back\n      to Django", "0 fell back to Django"),
        ("…\n  Ctrl-C stops everything.", "\n  API key pk_live_x\n\n  Ctrl-C stops everything.\n"),
    ],
)  # fmt: skip
def test_is_the_same(printed: str, real: str) -> None:
    assert shows_same(printed.splitlines(), real)


@pytest.mark.parametrize(
    ("printed", "real"),
    [
        ("verdict: ready", "verdict: insufficient evidence"),
        ("GET /v1/x: shadow to canary 25 %", "GET /v1/x: shadow to canary 26 %"),
        ("GET /v1/x: shadow to canary 25 %", "GET /v1/y: shadow to canary 25 %"),
        ("97 of 2xx, 50 of 4xx", "97 of 2xx, 50 of 5xx"),
        ("    192 200", "    192 500"),
        ("header:vary", "header:link"),
        ("", "one line too many"),
        ("one line too few", ""),
        ("…\nthe end", "the end, and more"),
    ],
)
def test_is_not_the_same(printed: str, real: str) -> None:
    assert not shows_same(printed.splitlines(), real)


def test_steps_are_read_in_their_order() -> None:
    tutorial = """\
**`a.py`**

```python
pass
```

```console
$ first \\
>   goes on
printed
(exit status 3)
$ second
```

```diff
--- a/a.py
```
"""
    file, first, second, change = read_steps(tutorial)

    assert file == WrittenFile(line=4, path="a.py", text="pass\n")
    assert isinstance(first, Command)
    assert (first.command, first.printed, first.exit_status) == (
        "first \\\n  goes on",
        ["printed"],
        3,
    )
    assert second == Command(line=12, command="second")
    assert change == Change(line=16, text="--- a/a.py\n")


def test_a_block_that_is_no_step_is_refused() -> None:
    with pytest.raises(ValueError, match="line 3"):
        read_steps("Type this:\n\n```sh\nrm -rf build\n```\n")
