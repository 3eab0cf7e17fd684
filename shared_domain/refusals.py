"""The root of all refusals: requests that are valid in form and that the business turns down.

Each feature draws its own branch in its ``errors.py``. Each dialect of the API has one table from
refusals to statuses, and the admin shows ``str(refusal)`` on the page. Nothing was stored, and the
message says what would be right.
"""

import re
from typing import ClassVar


class Refused(Exception):
    """A request that the business turns down; ``str()`` is fit to be shown to the caller.

    ``field`` names the part of the request at fault in the API's own spelling
    (``unitItems[0].unitId``), or is None when the whole request is. ``value`` echoes what was
    sent there where the dialect wants it repeated; it never holds personal data.
    """

    #: The name that ``/v1`` reports, where it is not made of the class's name: callers rely on it.
    stable_name: ClassVar[str | None] = None

    def __init__(self, message: str, *, field: str | None = None, value: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.value = value


def problem_name(refusal: type[BaseException]) -> str:
    """Return the name of a problem in machine-readable answers: ``hold-expired``."""
    stable: str | None = getattr(refusal, "stable_name", None)
    return stable or re.sub(r"(?<=[a-z])(?=[A-Z])", "-", refusal.__name__).lower()
