"""Write many bookings at once, with COPY: rows as the domain's own mapping makes them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connection

from core_site.demo.lives import Story
from shared_domain.bookings.mapping import booking_columns, items_as_json


def copy_stories(stories: Sequence[Story]) -> None:
    """Write the bookings in this order, their items, and their events in order of time."""
    _copy("bookings_booking", [_booking_row(story) for story in stories])
    ids = _ids_of_bookings()
    _copy(
        "bookings_unititem",
        chain.from_iterable(_item_rows(story, ids[story.booking.uuid]) for story in stories),
    )
    events = [(told, story.booking) for story in stories for told in story.events]
    events.sort(key=lambda event: event[0].at)
    _copy(
        "events_event",
        (
            {
                "partner_id": booking.partner_id,
                "type": told.type.value,
                "booking_uuid": booking.uuid,
                "data": json.dumps({"status": told.status.value}),
                "created_at": told.at,
            }
            for told, booking in events
        ),
    )


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
    return {**row, "reservation_fingerprint": story.fingerprint}


def _item_rows(story: Story, booking_id: int) -> Iterable[dict[str, Any]]:
    for item in json.loads(items_as_json(story.booking)):
        yield {
            **item,
            "booking_id": booking_id,
            "contact": json.dumps(item["contact"]),
            "taxes": json.dumps(item["taxes"]),
        }


def _ids_of_bookings() -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT uuid, id FROM bookings_booking")
        return dict(cursor.fetchall())


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
