"""A progress bar for whoever watches; a file or a pipe gets nothing of it."""

import sys
from collections.abc import Generator, Sequence
from typing import TypeVar

Item = TypeVar("Item")

_BAR = 30


def counted(items: Sequence[Item], *, what: str) -> Generator[Item, None, None]:
    """Yield the items one by one, and show on stderr how many are done; gone at the end."""
    if not sys.stderr.isatty():
        yield from items
        return
    try:
        for done, item in enumerate(items):
            filled = "#" * (_BAR * done // len(items))
            sys.stderr.write(f"\r[{filled:.<{_BAR}}] {done} of {len(items)} {what}")
            sys.stderr.flush()
            yield item
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
