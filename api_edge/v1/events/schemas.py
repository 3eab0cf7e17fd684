"""Request and response models of the events feed."""

import re
from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api_edge.http.strict_models import ResponseModel, StrictRequestModel
from api_edge.v1.events.examples import EXAMPLE_POSITION
from api_edge.v1.events.kinds import KINDS
from shared_domain.events import PublishedType, StartingPoint

#: A booking is 3 kB: a page of 250 is what a process can make without keeping others waiting.
LARGEST_PAGE_SIZE = 250
DEFAULT_PAGE_SIZE = 100

LONGEST_WAIT_SECONDS = 30

#: The largest whole number that every JSON reader knows exactly.
HIGHEST_POSITION = 2**53 - 1

_SUBJECTS = tuple(dict.fromkeys(kind.subject for kind in PublishedType))

#: What can be asked for, for the message to a caller that asks for something else.
_NAMES = ", ".join(kind.value for kind in PublishedType)

#: A name that may be repeated to its caller: it cannot be a guest's.
_LIKE_A_NAME = re.compile(r"[a-z_]{1,20}(\.[a-z_*]{1,24})?")


def _whole_number(*, least: int, most: int) -> BeforeValidator:
    def parse(value: object) -> object:
        if isinstance(value, str):
            is_number = value.isascii() and value.isdigit() and len(value) <= 16
            if not is_number or not least <= int(value) <= most:
                raise PydanticCustomError("range", f"must be a whole number from {least} to {most}")
            return int(value)
        return value

    return BeforeValidator(parse)


def _parse_begin(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value in {begin.value for begin in StartingPoint}:
        return StartingPoint(value)
    # A higher number is refused here: the union would name a field of its own for each member.
    is_number = value.isascii() and value.isdigit() and len(value) <= 16
    if is_number and int(value) <= HIGHEST_POSITION:
        return int(value)
    raise PydanticCustomError(
        "cursor", "must be the nextAfter of an earlier answer, or oldest, latest or acknowledged"
    )


def parse_types(text: str) -> frozenset[PublishedType]:
    """Return the types that a list of names and subjects stands for.

    Raises:
        PydanticCustomError: a name is unknown.
    """
    found: set[PublishedType] = set()
    for name in (part.strip(" ") for part in text.split(",")):
        subject, _, rest = name.partition(".")
        if rest == "*" and subject in _SUBJECTS:
            found |= {kind for kind in PublishedType if kind.subject == subject}
        elif name in PublishedType.__members__.values():
            found.add(PublishedType(name))
        else:
            shown = f"{name} is unknown" if _LIKE_A_NAME.fullmatch(name) else "one is unknown"
            raise PydanticCustomError(
                "known_type",
                f"must be names of types, separated by commas; {shown}. There are {_NAMES}; and "
                "booking.* is every type that begins so",
            )
    return frozenset(found)


def _check_types(text: str) -> str:
    parse_types(text)
    return text


class EventsAfter(StrictRequestModel):
    """The cursor, types and number of events to return, and how long to wait for one."""

    after: Annotated[
        Annotated[int, Field(ge=0, le=HIGHEST_POSITION)] | StartingPoint,
        BeforeValidator(_parse_begin),
    ] = Field(
        default=StartingPoint.OLDEST,
        description="A cursor: the `nextAfter` of the page before, or the `position` of the last "
        "event that you have dealt with. `oldest` begins with the oldest that is kept (90 days, "
        "unless the supplier says otherwise), `latest` with what happens from now on, "
        "`acknowledged` behind what you have acknowledged.",
        examples=["oldest"],
    )
    types: Annotated[str, AfterValidator(_check_types)] | None = Field(
        default=None,
        max_length=2000,
        description="Names of types, separated by commas, with or without blanks; `booking.*` is "
        "every type that begins so. Left out: every type that the scopes of your key allow.",
        examples=["booking.*,departure.cancelled"],
    )
    limit: Annotated[
        int,
        Field(ge=1, le=LARGEST_PAGE_SIZE),
        _whole_number(least=1, most=LARGEST_PAGE_SIZE),
    ] = Field(default=DEFAULT_PAGE_SIZE, description="How many events at most.")
    wait: Annotated[
        int,
        Field(ge=0, le=LONGEST_WAIT_SECONDS),
        _whole_number(least=0, most=LONGEST_WAIT_SECONDS),
    ] = Field(
        default=0,
        description="How many seconds to wait for an event if there is none yet (long poll). The "
        "answer comes as soon as there is one.",
    )

    @property
    def wanted_types(self) -> frozenset[PublishedType]:
        """The types that the parameter names; empty where it was left out, which means all."""
        return frozenset() if self.types is None else parse_types(self.types)


class EventsDealtWith(StrictRequestModel):
    """The cursor up to which you have processed events."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"after": 0}]})

    after: Annotated[int, Field(ge=0, le=HIGHEST_POSITION)] = Field(
        description="The `position` of the last event that you have dealt with, or a `nextAfter`."
    )


class Acknowledged(ResponseModel):
    """The stored cursor up to which you have processed events."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"after": EXAMPLE_POSITION}]})

    after: int = Field(description="The highest cursor that you have acknowledged.")


AnyEvent: Any = Annotated[
    reduce(or_, (kind.model for kind in KINDS.values())), Field(discriminator="type")
]


class EventList(ResponseModel):
    """A page of events, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "events": [dict(KINDS[PublishedType.BOOKING_ACCEPTED].example)],
                    "nextAfter": EXAMPLE_POSITION,
                    "hasMore": False,
                }
            ]
        }
    )

    events: list[AnyEvent]
    next_after: int = Field(
        description="Ask with it next, also when `events` is empty: it moves on past what is not "
        "yours."
    )
    has_more: bool = Field(description="There may be more behind it: ask again at once.")
