"""Compare what the edge did with what Django did, for one request.

Only what a caller or the business could notice counts: the status, the headers that matter, the
body, the written rows. Everything is exact but for what the endpoint's rules declare and, in
writes, for values that each side makes anew (see ``generated``).
"""

from itertools import zip_longest

from shared_domain.parity.alignment import align
from shared_domain.parity.bodies import UNREADABLE, decompressed, exact_json, is_broken
from shared_domain.parity.differences import (
    ABSENT,
    WAY_OUT,
    Difference,
    Kind,
    escape_key,
)
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
from shared_domain.parity.rules import Match, Rules, descend
from shared_domain.parity.scalars import CLOCK_SKEW, ONE_CALL
from shared_domain.parity.values import MOST_DIFFERENCES, ValueComparer

__all__ = ["ABSENT", "Difference", "Kind", "compare"]

#: More would not tell a developer more; each group has its share, so that none hides another.
_MOST_OF_ONE_GROUP = 20
_MOST_IN_ROWS = 29


def compare(django: Outcome, edge: Outcome, rules: Rules, *, is_write: bool) -> list[Difference]:
    """Return where the edge differs from Django; nothing when they agree.

    An answer of another status class is another story altogether: then neither its headers nor
    its body are compared, only what was written.
    """
    found = []
    ours, theirs = django.response, edge.response
    if ours.status != theirs.status:
        found.append(Difference("status", Kind.STATUS, ours.status, theirs.status))
    # Whatever it would have done there is unknown, and it must not be trusted with callers.
    found += [Difference(f"{WAY_OUT}{way}", Kind.EXTRA, ABSENT, way) for way in edge.ways_out]
    shared = shared_uuids(django, edge) if is_write else frozenset[str]()
    apart = ONE_CALL if edge.apart is None else min(edge.apart + CLOCK_SKEW, ONE_CALL)
    generated = GeneratedValues(
        is_write=is_write, shared=shared, apart=apart, ended_at=edge.ended_at
    )
    rows = WrittenRows(django, edge, rules, generated)
    if ours.status // 100 == theirs.status // 100:
        body = _bodies(ours, theirs, rules, generated)
        found += _headers(ours, theirs, rules, generated)
        found += body
    return found + rows.differences(most=_MOST_IN_ROWS)


def _headers(
    django: Response, edge: Response, rules: Rules, generated: GeneratedValues
) -> list[Difference]:
    found: list[Difference] = []
    if django.headers == edge.headers:
        return found
    names = {name for answer in (django, edge) for name, _ in answer.headers}
    for name in sorted(filter(is_compared_header, names)):
        path = f"header:{name}"
        ours, theirs = _said(django, name), _said(edge, name)
        if ours is theirs is None:
            continue
        if ours is None or theirs is None:
            rule = rules.rule_for(path)
            if rule is None or rule.match is not Match.IGNORED:
                present = (ABSENT if ours is None else ours, ABSENT if theirs is None else theirs)
                found.append(Difference(path, Kind.HEADER, *present))
            continue
        if name == "set-cookie" and rules.rule_for(path) is None:
            found += _cookies(path, ours, theirs, generated)
            continue
        comparison = ValueComparer(generated, most=1)
        comparison.compare(
            ours if name == "set-cookie" else normalise_header(name, ours),
            theirs if name == "set-cookie" else normalise_header(name, theirs),
            path,
            descend(rules.nodes, path),
            name,
        )
        if comparison.found:
            found.append(Difference(path, Kind.HEADER, ours, theirs))
    return found


def _cookies(path: str, django: str, edge: str, generated: GeneratedValues) -> list[Difference]:
    """Tell the values from the rest: a session's is another each time, its flags never are."""
    (ours, our_values), (theirs, their_values) = (
        split_cookie_values(django),
        split_cookie_values(edge),
    )
    if ours != theirs:
        return [Difference(path, Kind.HEADER, django, edge)]
    comparison = ValueComparer(generated, most=1)
    for (name, value), (_, other) in zip(our_values, their_values, strict=True):
        comparison.compare(value, other, f"{path}/{escape_key(name)}", (), name)
    return [Difference(one.path, Kind.HEADER, one.django, one.edge) for one in comparison.found]


def _said(answer: Response, name: str) -> str | None:
    if name == "set-cookie":
        cookies = [value for known, value in answer.headers if known == name]
        return normalise_cookies(cookies) if cookies else None
    value = answer.header(name)
    return None if value is not None and is_insignificant(name, value) else value


def _bodies(
    django: Response, edge: Response, rules: Rules, generated: GeneratedValues
) -> list[Difference]:
    rule = rules.rule_for("body")
    ours, theirs = decompressed(django), decompressed(edge)
    if rule is not None and rule.match is Match.IGNORED:
        return []
    if is_broken(django) != is_broken(edge):
        return [Difference("body", Kind.BYTES, ours, theirs)]
    if ours == theirs:
        return []
    kinds = django.header("content-type"), edge.header("content-type")
    if all(map(is_json, kinds)):
        comparison = ValueComparer(
            generated, most=_MOST_OF_ONE_GROUP, names_request=django.status >= 400
        )
        found = _json(exact_json(ours), exact_json(theirs), rules, comparison)
        if found is not None:
            return found
    elif all(media_type(kind).startswith("text/") for kind in kinds):
        return _lines(ours, theirs, generated)
    return [Difference("body", Kind.BYTES, ours, theirs)]


def _json(
    django: object, edge: object, rules: Rules, comparison: ValueComparer
) -> list[Difference] | None:
    """Compare by structure; None when either cannot be read, or is nested too deep to follow."""
    if django is UNREADABLE or edge is UNREADABLE:
        return None
    try:
        comparison.compare(django, edge, "", descend(rules.nodes, ""), "")
    except RecursionError:
        return None
    return comparison.found


def _lines(django: bytes, edge: bytes, generated: GeneratedValues) -> list[Difference]:
    """Name each line that differs, counted from 1; noise in one line hides none of the others."""
    ours, theirs = django.split(b"\n"), edge.split(b"\n")
    aligned = align(ours, theirs)
    if not aligned.is_in_order:
        return [Difference("body", Kind.BYTES, django, edge)]
    found = [
        Difference(f"body:{place + 1}", Kind.BYTES, ours[place], theirs[other])
        for place, other in aligned.pairs
        if not _are_same_line(ours[place], theirs[other], generated)
    ]
    gaps = (
        list(zip_longest(aligned.missing, aligned.extra))
        if len(ours) == len(theirs)
        else [(place, None) for place in aligned.missing] + [(None, one) for one in aligned.extra]
    )
    for place, other in gaps:
        present = (
            ABSENT if place is None else ours[place],
            ABSENT if other is None else theirs[other],
        )
        number = (other if place is None else place) or 0
        found.append(Difference(f"body:{number + 1}", Kind.BYTES, *present))
    return sorted(found, key=lambda one: int(one.path.removeprefix("body:")))[:MOST_DIFFERENCES]


def _are_same_line(django: bytes, edge: bytes, generated: GeneratedValues) -> bool:
    if django == edge:
        return True
    ours, theirs = django.decode("latin-1"), edge.decode("latin-1")
    return generated.is_write and generated.are_same_text("", "body", ours, theirs, in_row=False)
