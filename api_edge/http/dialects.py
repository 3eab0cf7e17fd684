"""The path prefixes of the API's two dialects, OCTO and ``/v1``, and their forms of errors.

Below ``OCTO_PREFIX`` errors are OCTO's ``{"error": …, "errorMessage": …}``; everywhere else they
are RFC 9457 problem details.
"""

OCTO_PREFIX = "/octo"
V1_PREFIX = "/v1"

_OCTO_PATHS = f"{OCTO_PREFIX}/"


def is_octo(path: str) -> bool:
    """Return whether errors at this path have OCTO's form."""
    return path.startswith(_OCTO_PATHS) or path == OCTO_PREFIX
