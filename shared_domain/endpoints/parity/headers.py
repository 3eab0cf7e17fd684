"""Which headers of an answer a caller may rely on, and when two of them say the same."""

import re

#: Headers that are compared, beside every custom one (``x-…``, ``octo-…``).
HEADERS_THAT_MATTER = frozenset(
    {
        "allow",
        "cache-control",
        "content-disposition",
        "content-language",
        "content-type",
        "deprecation",
        "etag",
        "expires",
        "last-modified",
        "link",
        "location",
        "retry-after",
        "sunset",
        "vary",
        "www-authenticate",
    }
)

# Left out on purpose. Content-Encoding and Content-Length: bodies are compared unpacked, and how
# they travel is settled between a server and one caller. Date, Server, Connection, Via: the
# server's own. Set-Cookie: the API has no sessions. The two below are custom by name only.
_CUSTOM_THAT_DO_NOT_MATTER = frozenset(
    {
        "x-request-id",  # of each request by its nature; bodies repeat it as an alias
        # What the site's security middleware tells browsers about pages. Callers of the API are
        # programs; cross-origin-opener-policy and referrer-policy are left out for the same reason.
        "x-content-type-options",
        "x-frame-options",
        "x-xss-protection",
        "x-powered-by",  # the server's own
    }
)

_SETS = frozenset({"allow", "vary", "cache-control"})
_VARY_FOR_NOBODY = frozenset({"cookie", "accept-encoding"})
_BLANKS = re.compile(r"\s+")
_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')


def header_matters(name: str) -> bool:
    """Tell whether a header (its name in lower case) is part of what callers were promised."""
    if name.startswith(("x-", "octo-")):
        return name not in _CUSTOM_THAT_DO_NOT_MATTER
    return name in HEADERS_THAT_MATTER


def says_nothing(name: str, value: str) -> bool:
    """Tell whether a header is as good as not sent.

    Django's sessions add ``Vary: Cookie``; callers of the API send no cookies. Its GZipMiddleware
    adds ``Vary: Accept-Encoding``; how bodies travel is not compared.
    """
    return name == "vary" and all(
        member.strip().lower() in _VARY_FOR_NOBODY for member in value.split(",")
    )


def normal_header(name: str, value: str) -> str:
    """Return the value in the one spelling in which equal means the same."""
    value = _BLANKS.sub(" ", value.strip())
    if name == "content-type":
        return _normal_content_type(value)
    if name in _SETS:
        members = (member.strip() for member in value.split(","))
        members = (member for member in members if not says_nothing(name, member))
        return ", ".join(sorted({_folded(name, member) for member in members if member}))
    return value


def media_type(content_type: str | None) -> str:
    """Return ``application/json`` of ``Application/JSON; charset=utf-8``; nothing of nothing."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_json(content_type: str | None) -> bool:
    kind = media_type(content_type)
    return kind == "application/json" or kind.endswith("+json")


def _normal_content_type(value: str) -> str:
    kind = media_type(value)
    parameters = []
    for name, raw in _PARAMETER.findall(value):
        text = re.sub(r"\\(.)", r"\1", raw[1:-1]) if raw.startswith('"') else raw.strip()
        if name.lower() == "charset":
            text = text.lower()
            if is_json(kind) and text in ("utf-8", "utf8"):
                continue  # RFC 8259, section 8.1: JSON is UTF-8 whether it says so or not
        parameters.append(f"{name.lower()}={text}")
    return "; ".join([kind, *sorted(parameters)])


def _folded(name: str, member: str) -> str:
    # The names of cache directives know no case; their values might.
    directive, sign, argument = member.partition("=")
    return directive.strip().lower() + sign + argument.strip() if name != "allow" else member
