"""Write many bookings at once, with COPY: rows as the domain's own mapping makes them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pgtrigger
from django.db import connection
from django.db.models import Model

from core_site.bookings.models import Booking, UnitItem
from core_site.demo.in_memory import Actor, Version
from core_site.demo.lives import Story
from core_site.row_history import find_event_model
from shared_domain import bookings as domain
from shared_domain.bookings.sql_store import booking_columns, event_data, items_to_json
from shared_domain.partners import PartnerId


@dataclass(frozen=True, slots=True)
class Actors:
    """The contexts of the audit trail: a partner's API keys by mode, and a staff user."""

    keys: Mapping[tuple[PartnerId, bool], int]
    staff_id: int

    def metadata(self, version: Version, rng: Random) -> dict[str, Any]:
        """Return what the audit trail says of who took the step, and in which request."""
        booking = version.booking
        match version.actor:
            case Actor.PARTNER:
                named = {"api_key": self.keys[booking.partner_id, booking.test_mode]}
            case Actor.STAFF:
                named = {"user": self.staff_id}
            case job:
                return {"job": job.value}
        return named | {"request_id": str(UUID(int=rng.getrandbits(128), version=4))}


def copy_stories(stories: Sequence[Story], actors: Actors, rng: Random) -> None:
    """Write the bookings in this order, their items, and each step's event and history.

    The triggers would write a history of one moment, that of loading. So they are disabled for
    these rows, and what they would have written at each step is written here.
    """
    with _history_left_to_us():
        _copy("bookings_booking", [_booking_row(story) for story in stories])
        ids = _ids("bookings_booking")
        _copy(
            "bookings_unititem",
            chain.from_iterable(
                _item_rows(story.booking, ids[story.booking.uuid]) for story in stories
            ),
        )
    steps = [
        (version, before, uuid4()) for story in stories for version, before in story.store.steps()
    ]
    steps.sort(key=lambda step: step[0].at)
    _copy("events_event", (_event_row(version, before) for version, before, _ in steps))
    _copy(
        "pghistory_context",
        (
            {
                "id": context,
                "created_at": version.at,
                "updated_at": version.at,
                "metadata": json.dumps(actors.metadata(version, rng)),
            }
            for version, _, context in steps
        ),
    )
    fingerprints = {story.booking.uuid: story.store.fingerprint for story in stories}
    _copy(
        "bookings_bookingevent",
        (
            _booking_history(
                version,
                context,
                booking_id=ids[version.booking.uuid],
                fingerprint=fingerprints[version.booking.uuid],
                is_first=before is None,
            )
            for version, before, context in steps
        ),
    )
    item_ids = _item_ids()
    _copy(
        "bookings_unititemevent",
        chain.from_iterable(
            _item_history(version, before, context, ids[version.booking.uuid], item_ids)
            for version, before, context in steps
        ),
    )


@contextmanager
def _history_left_to_us() -> Iterator[None]:
    """Disable the history triggers of inserts into these two tables; only their owner may.

    PostgreSQL alters no table for which checks are still waiting, so those are done first.
    """
    tables = {Booking._meta.db_table, UnitItem._meta.db_table}
    triggers = [
        (model._meta.db_table, trigger.get_pgid(model))
        for model, trigger in pgtrigger.registered()
        if model._meta.db_table in tables and trigger.name == "insert_insert"
    ]
    _alter(f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name in triggers)
    yield
    _alter(f"ALTER TABLE {table} ENABLE TRIGGER {name}" for table, name in triggers)


def _alter(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in (
            "SET CONSTRAINTS ALL IMMEDIATE",
            *statements,
            "SET CONSTRAINTS ALL DEFERRED",
        ):
            cursor.execute(statement)


def write_reserved(places: Mapping[int, int]) -> None:
    """Write how many places each departure has given away."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_departure AS departure
               SET reserved = taken.places
              FROM unnest(%(ids)s::bigint[], %(places)s::int[]) AS taken (id, places)
             WHERE departure.id = taken.id
            """,
            {"ids": list(places), "places": list(places.values())},
        )


def _booking_row(story: Story) -> dict[str, Any]:
    row = booking_columns(story.booking)
    del row["id"]
    return {**row, "reservation_fingerprint": story.store.fingerprint}


def _item_rows(booking: domain.Booking, booking_id: int) -> Iterator[dict[str, Any]]:
    for item in json.loads(items_to_json(booking)):
        yield {
            **item,
            "booking_id": booking_id,
            "contact": json.dumps(item["contact"]),
            "taxes": json.dumps(item["taxes"]),
        }


def _event_row(version: Version, before: Version | None) -> dict[str, Any]:
    booking = version.booking
    return {
        "partner_id": booking.partner_id,
        "test_mode": booking.test_mode,
        "type": version.event.value,
        "booking_uuid": booking.uuid,
        "data": event_data(before.booking if before else None, booking, version.details),
        "created_at": version.at,
    }


def _booking_history(
    version: Version, context: UUID, *, booking_id: int, fingerprint: bytes, is_first: bool
) -> dict[str, Any]:
    row = booking_columns(version.booking)
    return {
        **_tracked(Booking, row),
        "id": booking_id,
        "reservation_fingerprint": fingerprint,
        **_history(version.at, booking_id, context, is_first=is_first),
    }


def _item_history(
    version: Version,
    before: Version | None,
    context: UUID,
    booking_id: int,
    item_ids: Mapping[tuple[int, UUID], int],
) -> Iterator[dict[str, Any]]:
    """Yield what the triggers keep of each ticket that is new or changed."""
    earlier = {} if before is None else {row["uuid"]: row for row in _items(before, booking_id)}
    for row in _items(version, booking_id):
        if row == earlier.get(row["uuid"]):
            continue
        item_id = item_ids[booking_id, UUID(row["uuid"])]
        is_first = row["uuid"] not in earlier
        yield {
            **row,
            "id": item_id,
            **_history(version.at, item_id, context, is_first=is_first),
        }


def _items(version: Version, booking_id: int) -> list[dict[str, Any]]:
    return [_tracked(UnitItem, row) for row in _item_rows(version.booking, booking_id)]


def _history(at: datetime, row_id: int, context: UUID, *, is_first: bool) -> dict[str, Any]:
    return {
        "pgh_created_at": at,
        "pgh_label": "insert" if is_first else "update",
        "pgh_obj_id": row_id,
        "pgh_context_id": context,
    }


def _tracked(model: type[Model], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that the history keeps: none of those with personal data."""
    kept = _tracked_columns(model)
    return {name: value for name, value in row.items() if name in kept}


@cache
def _tracked_columns(model: type[Model]) -> frozenset[str]:
    events = find_event_model(model)
    columns = events._meta.concrete_fields if events else ()
    return frozenset(column.attname for column in columns)


def _ids(table: str) -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT uuid, id FROM {table}")
        return dict(cursor.fetchall())


def _item_ids() -> dict[tuple[int, UUID], int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT booking_id, uuid, id FROM bookings_unititem")
        return {(booking_id, uuid): item_id for booking_id, uuid, item_id in cursor.fetchall()}


def _copy(table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    columns = list(first)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in chain([first], rows):
            copy.write_row([row[column] for column in columns])
