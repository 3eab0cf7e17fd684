"""Subjects of events, as one partner may see them now: bookings, slots, products and keys.

    a page of events ──ids──▶ at most nine statements, however many events ──▶ Subjects

A reader first cuts the page by ``count_fitting``: an event of a booking shows all its tickets.

Apart from ``events``, which the bookings themselves write to.
"""

from shared_domain.event_subjects.services import (
    MOST_TICKETS,
    Subjects,
    SubjectStores,
    count_fitting,
    read_subjects,
)

__all__ = ["MOST_TICKETS", "SubjectStores", "Subjects", "count_fitting", "read_subjects"]
