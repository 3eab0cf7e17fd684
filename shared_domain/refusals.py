"""The root of every "no" that the business can say.

Each feature draws its own branch in its ``errors.py``; ``api_edge/{octo,v1}/problems.py`` give
every leaf a status in each dialect, and the admin shows ``str(refusal)`` on the page. A refusal is
an answer, not a fault: nothing was stored, and the message says what would be right.
"""


class Refused(Exception):
    """A request that the business turns down; ``str()`` is fit to be shown to the caller.

    ``field`` names the part of the request at fault in the API's own spelling
    (``unitItems[0].unitId``), or is None when the whole request is. ``value`` echoes what was
    sent there where the dialect wants it repeated; it never holds personal data.
    """

    def __init__(self, message: str, *, field: str | None = None, value: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.value = value
