"""Coverage: which kinds of call a comparison stands for, by method, status, parameters and page.

A kind is a token such as ``method:HEAD``, ``status:404``, ``parameter:cursor``, ``page:first``.
Parameters are named, their values are not kept. A page is the ``first`` of several, a ``later``
one, or the ``only`` one. ``unseen:table.column`` is a column of a written row that was not
compared, because the edge's role may not read it.
"""

import json
from collections.abc import Iterable, Mapping

from shared_domain.parity.differences import is_field_name
from shared_domain.parity.headers import is_json
from shared_domain.parity.outcomes import Outcome, Response

#: The token of a write of which only the responses were compared: its rows were not recorded.
ANSWERS_ONLY = "rows:unseen"

#: Prefix of the token of a column that was not compared.
UNSEEN = "unseen:"

#: More are not stored.
_MOST_UNSEEN = 20

#: Parameters that lead to a later page.
_LATER = frozenset({"cursor", "page", "offset", "after", "page_token", "starting_after", "skip"})

#: Values of such a parameter on a first page.
_BEGINNINGS = frozenset({"", "0", "1"})

#: Members of a response that lead to the next page, and are null on the last one.
_NEXT = ("next", "nextCursor", "next_cursor", "nextPage", "next_page", "nextPageToken")

#: More are not stored: callers choose the names.
_MOST_PARAMETERS = 20


def coverage_tokens(
    method: str, parameters: Iterable[tuple[str, str]], response: Response | None
) -> str:
    """Return the tokens of one call, separated by blanks; ``response`` is Django's, if any."""
    given = dict(parameters)
    names = sorted(name if is_field_name(name) else "{other}" for name in given)
    tokens = [f"method:{method}"]
    if response is not None:
        tokens.append(f"status:{response.status}")
    tokens += [f"parameter:{name}" for name in dict.fromkeys(names[:_MOST_PARAMETERS])]
    page = _page(given, response) if response is not None and response.status == 200 else None
    if page is not None:
        tokens.append(f"page:{page}")
    return " ".join(tokens)


def unseen_columns(*outcomes: Outcome) -> str:
    """Return the tokens of the columns that were not compared, separated by blanks."""
    names = {
        f"{UNSEEN}{effect.table}.{column}".replace(" ", "_")
        for outcome in outcomes
        for effect in outcome.effects or ()
        for column in effect.hidden
    }
    return " ".join(sorted(names)[:_MOST_UNSEEN])


def _page(given: Mapping[str, str], response: Response) -> str | None:
    has_next = _has_next(response)
    is_later = any(given.get(name, "") not in _BEGINNINGS for name in _LATER)
    if is_later:
        return "later"
    return None if has_next is None else "first" if has_next else "only"


def _has_next(response: Response) -> bool | None:
    """Return whether a response announces a further page; None when it is no page of a list."""
    if 'rel="next"' in (response.header("link") or ""):
        return True
    if b'"next' not in response.body or not is_json(response.header("content-type")):
        return None
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    announced = [body[name] for name in _NEXT if name in body]
    return bool(announced[0]) if announced else None
