"""Response headers: which ones are compared, and when two values of one mean the same."""

import re

#: Headers that are not compared, on purpose; every other one is.
HEADERS_NOT_COMPARED = frozenset(
    {
        # Of one connection and its way: RFC 9110, section 7.6.1. Bodies are compared decoded, and
        # how they travel is settled between a server and one caller.
        "connection",
        "content-encoding",
        "content-length",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        # The server's own, not the endpoint's.
        "alt-svc",
        "date",
        "nel",
        "report-to",
        "server",
        "server-timing",
        "traceparent",
        "tracestate",
        "via",
        "x-powered-by",
        # Another one for each request; bodies that repeat it are compared as generated values.
        "x-request-id",
        # What Django's security middleware tells browsers about pages. Callers of the API are
        # programs.
        "content-security-policy",
        "content-security-policy-report-only",
        "cross-origin-embedder-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "permissions-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
        "x-xss-protection",
    }
)

_SETS = frozenset(
    {
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-expose-headers",
        "allow",
        "cache-control",
        "vary",
    }
)
_INSIGNIFICANT_VARY = frozenset({"cookie", "accept-encoding"})
_BLANKS = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')
_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')


def is_compared_header(name: str) -> bool:
    """Return whether a header, named in lower case, is compared."""
    return name not in HEADERS_NOT_COMPARED


def is_insignificant(name: str, value: str) -> bool:
    """Return whether a header means nothing to callers of the API, so that it may be missing.

    Django's sessions add ``Vary: Cookie``, but callers of the API send no cookies. GZipMiddleware
    adds ``Vary: Accept-Encoding``, but bodies are compared decompressed.
    """
    return name == "vary" and all(
        member.strip().lower() in _INSIGNIFICANT_VARY for member in value.split(",")
    )


def normalise_header(name: str, value: str) -> str:
    """Return a header's value in one spelling: values that mean the same become equal."""
    # Within quotes each blank counts: RFC 9110, section 5.6.4.
    value = _BLANKS.sub(lambda found: found[1] or " ", value.strip())
    if name == "content-type":
        return _normalise_content_type(value)
    if name in _SETS:
        members = (member.strip() for member in value.split(","))
        members = (member for member in members if not is_insignificant(name, member))
        return ", ".join(sorted({_fold_case(name, member) for member in members if member}))
    return value


def normalise_cookies(cookies: list[str]) -> str:
    """Return several ``Set-Cookie`` headers in one order and spelling (RFC 6265, section 5.2).

    Cookies of one name, domain and path keep their order, since the last one wins (section 5.3).
    """
    found = sorted(map(_normalise_cookie, cookies), key=lambda one: one[0])
    return "\n".join(text for _, text in found)


def split_cookie_values(cookies: str) -> tuple[str, list[tuple[str, str]]]:
    """Return normalised cookies without their values, and each cookie's name and value."""
    kept, values = [], []
    for cookie in cookies.split("\n"):
        pair, _, attributes = cookie.partition("; ")
        name, _, value = pair.partition("=")
        kept.append(f"{name}; {attributes}")
        values.append((name, value))
    return "\n".join(kept), values


def _normalise_cookie(cookie: str) -> tuple[tuple[str, str, str], str]:
    pair, *attributes = (part.strip() for part in cookie.split(";"))
    known = {}
    for attribute in attributes:
        name, _, value = attribute.partition("=")
        known[name.strip().lower()] = value.strip()
    if "max-age" in known:
        # It wins over Expires, which says the same in another second.
        known.pop("expires", None)
    place = (pair.partition("=")[0], known.get("domain", ""), known.get("path", ""))
    return place, "; ".join([pair, *(f"{name}={known[name]}" for name in sorted(known))])


def media_type(content_type: str | None) -> str:
    """Return ``application/json`` for ``Application/JSON; charset=utf-8``; empty for no header."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_json(content_type: str | None) -> bool:
    kind = media_type(content_type)
    return kind == "application/json" or kind.endswith("+json")


def _normalise_content_type(value: str) -> str:
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


def _fold_case(name: str, member: str) -> str:
    # The names of cache directives know no case; their values might.
    directive, sign, argument = member.partition("=")
    return directive.strip().lower() + sign + argument.strip() if name != "allow" else member
