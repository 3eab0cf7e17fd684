"""Subjects of events, as one partner may see them now: bookings, slots, products and keys.

    a page of events ──ids──▶ at most nine statements, however many events ──▶ Subjects

Apart from ``events``, which the bookings themselves write to.
"""

from shared_domain.event_subjects.services import Subjects, SubjectStores, read_subjects

__all__ = ["SubjectStores", "Subjects", "read_subjects"]
