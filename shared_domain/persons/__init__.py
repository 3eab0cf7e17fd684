"""Persons: find what is stored of a guest or a partner's user, hand it out, and erase it.

    find_person ──▶ Found ──▶ export_person: everything, as JSON   (GDPR, article 15)
                         └──▶ erase_booking, erase_user: one each  (GDPR, article 17)

    erase_user ──▶ owed ──job: travel over──▶ erase_booking of each booking that names the user

Erasure keeps the facts of a sale (times, places, money, status) and takes the person out of it:
contact details, notes, the reason of a cancellation, and digests that were made of them. History
and events never hold personal data. Each booking is a transaction of its own and may be erased
again, so an erasure that was interrupted is finished by repeating it.
"""

from shared_domain.persons.errors import PersonNotFound, TravelNotOver
from shared_domain.persons.model import Found, FoundBooking, FoundUser, OwedErasure, Person
from shared_domain.persons.services import (
    PersonStore,
    bookings_to_erase,
    check_travel_is_over,
    due_erasures,
    erase_booking,
    erase_user,
    find_person,
    settle_erasure,
)

__all__ = [
    "Found",
    "FoundBooking",
    "FoundUser",
    "OwedErasure",
    "PersonNotFound",
    "Person",
    "PersonStore",
    "TravelNotOver",
    "bookings_to_erase",
    "check_travel_is_over",
    "due_erasures",
    "erase_booking",
    "erase_user",
    "find_person",
    "settle_erasure",
]
