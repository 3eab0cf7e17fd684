"""Compare the edge's outcome of one request with Django's: status, headers, body, written rows.

The comparison is exact, except where the endpoint's rules declare otherwise and, in writes, for
values that each side generates (``generated_values``). Headers of the server or the connection are
left out (``headers.HEADERS_NOT_COMPARED``).
"""

from itertools import zip_longest

from shared_domain.parity.alignment import align
from shared_domain.parity.bodies import UNREADABLE, decompress_body, exact_json, is_broken
from shared_domain.parity.differences import ABSENT, WAY_OUT, Difference, Kind, escape_key
from shared_domain.parity.effects import WrittenRows
from shared_domain.parity.generated_values import GeneratedValues, shared_uuids
from shared_domain.parity.headers import (
    is_compared_header,
    is_insignificant,
    is_json,
    media_type,
    normalise_cookies,
    normalise_header,
    split_cookie_values,
)
from shared_domain.parity.outcomes import Outcome, Response
from shared_domain.parity.rules import Rules, descend
from shared_domain.parity.scalars import CLOCK_SKEW, ONE_CALL
from shared_domain.parity.values import MOST_DIFFERENCES, ValueComparer

__all__ = ["ABSENT", "Difference", "Kind", "compare"]

#: More would not tell a developer more; each group has its share, so that none hides another.
_MOST_OF_ONE_GROUP = 20
_MOST_IN_ROWS = 29


def compare(django: Outcome, edge: Outcome, rules: Rules, *, is_write: bool) -> list[Difference]:
    """Return the differences of the edge from Django, an empty list when they agree.

    Where the classes of the statuses differ (2xx and 4xx), headers and bodies are not compared
    field by field; written rows always are.
    """
    found = []
    from_django, from_edge = django.response, edge.response
    if from_django.status != from_edge.status:
        found.append(Difference("status", Kind.STATUS, from_django.status, from_edge.status))
    # What the edge would have done there is unknown, so it must not answer callers.
    found += [Difference(f"{WAY_OUT}{way}", Kind.EXTRA, ABSENT, way) for way in edge.ways_out]
    shared = shared_uuids(django, edge) if is_write else frozenset[str]()
    apart = ONE_CALL if edge.apart is None else min(edge.apart + CLOCK_SKEW, ONE_CALL)
    generated = GeneratedValues(
        is_write=is_write, shared=shared, apart=apart, ended_at=edge.ended_at
    )
    rows = WrittenRows(django, edge, rules, generated)
    if from_django.status // 100 == from_edge.status // 100:
        body = _bodies(from_django, from_edge, rules, generated)
        found += _headers(from_django, from_edge, rules, generated) + body
    return found + rows.differences(most=_MOST_IN_ROWS)


def _headers(
    django: Response, edge: Response, rules: Rules, generated: GeneratedValues
) -> list[Difference]:
    found: list[Difference] = []
    if django.headers == edge.headers:
        return found
    names = {name for response in (django, edge) for name, _ in response.headers}
    for name in sorted(filter(is_compared_header, names)):
        path = f"header:{name}"
        from_django, from_edge = _header_value(django, name), _header_value(edge, name)
        if from_django is from_edge is None:
            continue
        if from_django is None or from_edge is None:
            if not rules.ignores(path):
                found.append(_one_sided(path, Kind.HEADER, from_django, from_edge))
            continue
        if name == "set-cookie" and rules.rule_for(path) is None:
            found += _cookies(path, from_django, from_edge, generated)
            continue
        comparison = ValueComparer(generated, most=1)
        comparison.compare(
            from_django if name == "set-cookie" else normalise_header(name, from_django),
            from_edge if name == "set-cookie" else normalise_header(name, from_edge),
            path,
            descend(rules.nodes, path),
            name,
        )
        if comparison.found:
            found.append(Difference(path, Kind.HEADER, from_django, from_edge))
    return found


def _cookies(path: str, django: str, edge: str, generated: GeneratedValues) -> list[Difference]:
    """Compare names and attributes exactly, and values as text: each session has another one."""
    from_django, django_values = split_cookie_values(django)
    from_edge, edge_values = split_cookie_values(edge)
    if from_django != from_edge:
        return [Difference(path, Kind.HEADER, django, edge)]
    comparison = ValueComparer(generated, most=1)
    for (name, value), (_, other) in zip(django_values, edge_values, strict=True):
        comparison.compare(value, other, f"{path}/{escape_key(name)}", (), name)
    return [Difference(one.path, Kind.HEADER, one.django, one.edge) for one in comparison.found]


def _header_value(response: Response, name: str) -> str | None:
    if name == "set-cookie":
        cookies = [value for known, value in response.headers if known == name]
        return normalise_cookies(cookies) if cookies else None
    value = response.header(name)
    return None if value is not None and is_insignificant(name, value) else value


def _bodies(
    django: Response, edge: Response, rules: Rules, generated: GeneratedValues
) -> list[Difference]:
    if rules.ignores("body"):
        return []
    from_django, from_edge = decompress_body(django), decompress_body(edge)
    if is_broken(django) != is_broken(edge):
        return [Difference("body", Kind.BYTES, from_django, from_edge)]
    if from_django == from_edge:
        return []
    kinds = django.header("content-type"), edge.header("content-type")
    if all(map(is_json, kinds)):
        comparison = ValueComparer(
            generated, most=_MOST_OF_ONE_GROUP, names_request=django.status >= 400
        )
        found = _json(exact_json(from_django), exact_json(from_edge), rules, comparison)
        if found is not None:
            return found
    elif all(media_type(kind).startswith("text/") for kind in kinds):
        return _lines(from_django, from_edge, generated)
    return [Difference("body", Kind.BYTES, from_django, from_edge)]


def _json(
    django: object, edge: object, rules: Rules, comparison: ValueComparer
) -> list[Difference] | None:
    """Compare two JSON documents; None when one cannot be parsed, or is nested too deeply."""
    if django is UNREADABLE or edge is UNREADABLE:
        return None
    try:
        comparison.compare(django, edge, "", descend(rules.nodes, ""), "")
    except RecursionError:
        return None
    return comparison.found


def _lines(django: bytes, edge: bytes, generated: GeneratedValues) -> list[Difference]:
    """Compare two texts line by line, numbered from 1, so that noise in one hides no other."""
    from_django, from_edge = django.split(b"\n"), edge.split(b"\n")
    aligned = align(from_django, from_edge)
    if not aligned.is_in_order:
        return [Difference("body", Kind.BYTES, django, edge)]
    found = [
        Difference(f"body:{place + 1}", Kind.BYTES, from_django[place], from_edge[other])
        for place, other in aligned.pairs
        if not _are_same_line(from_django[place], from_edge[other], generated)
    ]
    gaps = (
        list(zip_longest(aligned.missing, aligned.extra))
        if len(from_django) == len(from_edge)
        else [(place, None) for place in aligned.missing] + [(None, one) for one in aligned.extra]
    )
    for place, other in gaps:
        number = (other if place is None else place) or 0
        lines = (
            None if place is None else from_django[place],
            None if other is None else from_edge[other],
        )
        found.append(_one_sided(f"body:{number + 1}", Kind.BYTES, *lines))
    return sorted(found, key=lambda one: int(one.path.removeprefix("body:")))[:MOST_DIFFERENCES]


def _one_sided(path: str, kind: Kind, django: object, edge: object) -> Difference:
    """Return a difference in which None stands for what one side lacks."""
    present = (ABSENT if value is None else value for value in (django, edge))
    return Difference(path, kind, *present)


def _are_same_line(django: bytes, edge: bytes, generated: GeneratedValues) -> bool:
    if django == edge:
        return True
    from_django, from_edge = django.decode("latin-1"), edge.decode("latin-1")
    return generated.is_write and generated.are_same_text(
        "", "body", from_django, from_edge, in_row=False
    )
