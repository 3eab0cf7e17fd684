"""Export and erase the personal data of one person, for the page and the command."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from uuid import UUID

import pghistory
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core_site import stores
from core_site.persons.models import PersonRequest
from core_site.transactions import in_one_transaction
from shared_domain import persons
from shared_domain.bookings import normalise_reference
from shared_domain.contact_data import email_key
from shared_domain.persons import Found, Person
from shared_domain.run_now import run_now


def find(person: Person) -> Found:
    """Return everything that is stored of a person.

    Raises:
        PersonNotFound: nothing is stored.
    """
    return run_now(persons.find_person(person, store=stores.persons()))


def export(person: Person, *, by: str) -> Iterator[str]:
    """Return the chunks of a JSON document with everything stored, and record the export.

    Raises:
        PersonNotFound: nothing is stored.
    """
    found = find(person)
    _record("EXPORT", person, found, by)
    return _as_json(found)


def erase(person: Person, *, by: str, also_ahead: bool = False) -> PersonRequest:
    """Erase a person's data from every stored row, and return the record of the erasure.

    Each row is a transaction of its own, so that an interrupted erasure can be repeated to erase
    the rest.

    Raises:
        PersonNotFound: nothing is stored, or everything was erased before.
        TravelNotOver: a booking is ahead, and ``also_ahead`` is false; nothing was erased, unless
            it was moved meanwhile: then the rows before it are.
        Refused: a row was locked for too long; the rows before it are erased.
    """
    found = find(person)
    if not also_ahead:
        persons.check_travel_is_over(found, now=timezone.now())
    with pghistory.context(job="erase_person"):
        for booking in found.bookings:
            in_one_transaction(partial(_erase_booking, booking.id, person, also_ahead=also_ahead))
        for user in found.users:
            in_one_transaction(partial(_erase_user, user))
    return _record("ERASE", person, found, by)


def _erase_booking(booking_id: int, person: Person, *, also_ahead: bool) -> None:
    erase = persons.erase_booking(
        booking_id,
        person=person,
        also_ahead=also_ahead,
        now=timezone.now(),
        store=stores.persons(),
    )
    run_now(erase)


def _erase_user(user: persons.FoundUser) -> None:
    run_now(persons.erase_user(user, store=stores.persons()))


def _record(action: str, person: Person, found: Found, by: str) -> PersonRequest:
    return PersonRequest.objects.create(
        action=action,
        by=by,
        subject=_subject(person),
        bookings=len(found.bookings),
        tickets=sum(len(booking.tickets) for booking in found.bookings),
        users=len(found.users),
    )


def _subject(person: Person) -> str:
    given = person.email and email_key(person.email)
    reference = person.reference and normalise_reference(person.reference)
    text = given or reference or str(person.user_id)
    return salted_hmac("core_site.persons", text.casefold(), algorithm="sha256").hexdigest()


def _as_json(found: Found) -> Iterator[str]:
    yield '{"bookings": ['
    for number, booking in enumerate(found.bookings):
        document = {"reference": booking.reference, "ends_at": booking.ends_at, **booking.stored}
        yield ("," if number else "") + json.dumps(document, default=_text, ensure_ascii=False)
    yield '], "users": ['
    for number, user in enumerate(found.users):
        document = {"id": user.id, **user.stored}
        yield ("," if number else "") + json.dumps(document, default=_text, ensure_ascii=False)
    yield "]}\n"


def _text(value: datetime | UUID) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
