"""The base class of refusals: requests that are valid in form and that a service turns down.

A refusal carries facts: which unit, which ticket, which limit. It holds no sentence, and no field,
path or header of an API. Each door has its own words, in one table:

- OCTO: ``api_edge/octo/refusals.py``
- ``/v1``: ``api_edge/v1/refusals.py``, and while Django serves it ``core_site/partner_api``
- staff, in the admin and in commands: ``core_site/staff_messages.py``

A test demands words for each refusal at each door that can meet it.
"""

import re
from typing import ClassVar


class Refused(Exception):
    """A request that a service turns down; nothing was stored.

    Each feature draws its own branch in its ``errors.py``. The fields of a subclass are facts, and
    none of them is personal data: ``str()`` shows them all, for logs and for developers.
    """

    #: The name that ``/v1`` reports, where it is not made of the class's name: callers rely on it.
    stable_name: ClassVar[str | None] = None

    def __str__(self) -> str:
        return repr(self)


class RefusedToStaff(Refused):
    """A refusal that only requests of staff can cause, so that OCTO and ``/v1`` need no words."""


def problem_name(refusal: type[BaseException]) -> str:
    """Return the name of a problem in machine-readable answers: ``hold-expired``."""
    stable: str | None = getattr(refusal, "stable_name", None)
    return stable or re.sub(r"(?<=[a-z])(?=[A-Z])", "-", refusal.__name__).lower()
