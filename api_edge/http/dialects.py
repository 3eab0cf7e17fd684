"""The two dialects of the API, by the prefix of the path: OCTO's and that of ``/v1``.

Below ``OCTO_PREFIX`` errors are OCTO's ``{"error": …, "errorMessage": …}``; everywhere else they
are RFC 9457 problem details.
"""

OCTO_PREFIX = "/octo"
V1_PREFIX = "/v1"

_OCTO_PATHS = f"{OCTO_PREFIX}/"


def is_octo(path: str) -> bool:
    """Return whether errors at this path are OCTO's."""
    return path.startswith(_OCTO_PATHS) or path == OCTO_PREFIX
