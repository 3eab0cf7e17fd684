"""Reads the lists of accepted values that a request sends, such as Accept and Accept-Encoding."""

from starlette.requests import Request


def accepts(request: Request, header: str, value: str) -> bool:
    """Return whether a list of accepted values names this one, with a quality above 0."""
    for accepted in ",".join(request.headers.getlist(header)).split(","):
        name, _, parameters = accepted.partition(";")
        if name.strip().lower() == value:
            quality = parameters.replace(" ", "").lower().removeprefix("q=")
            return quality.strip("0.") != "" or not quality
    return False
