"""Work that each test would repeat, and that a test process needs to do once only."""

import gc
from typing import Any

#: Allocations between two collections of the youngest objects; Python's own 700 suits programs
#: that hold little, and a test process holds Django, Unfold and every test.
YOUNG_OBJECTS = 20_000


def collect_no_garbage_yet() -> None:
    """Collect none while tests are found: what they are made of stays, and grows.

    It takes 5 of the 17 s of CPU in which a process finds all tests.
    """
    gc.disable()


def collect_garbage_seldom() -> None:
    """Leave out of every collection what exists now, and collect less often from now on.

    With :func:`find_static_files_once` it saves 12 to 20 % of the CPU of tests/admin.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
    gc.enable()


def find_static_files_once() -> None:
    """Let WhiteNoise look for the static files once, instead of for each client of Django's.

    Each new test client makes its own middleware, and WhiteNoise reads the size and the date of
    each of 220 files for it.
    """
    from whitenoise.middleware import (  # type: ignore[import-untyped]
        WhiteNoiseMiddleware,
    )

    find = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, dict[str, Any]] = {}

    def find_once(self: Any) -> None:
        if self.static_prefix not in found:
            find(self)
            found[self.static_prefix] = dict(self.files)
        self.files.update(found[self.static_prefix])

    WhiteNoiseMiddleware.add_files_from_finders = find_once
