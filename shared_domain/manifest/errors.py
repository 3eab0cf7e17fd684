"""Refusals of work on a manifest; only staff and guides meet them.

ManifestRefused
 ├── GuestNotOnManifest
 ├── NothingToCheckIn
 ├── NotMarkable
 ├── NoShowTooEarly
 └── MarkFinal
"""

from dataclasses import dataclass
from datetime import datetime

from shared_domain.bookings import BookingStatus
from shared_domain.refusals import RefusedToStaff


class ManifestRefused(RefusedToStaff):
    """A request about the guests of a departure that is refused; nothing has changed."""


class GuestNotOnManifest(ManifestRefused):
    """The booking or the ticket is not, or no longer, of this departure."""


@dataclass(eq=False)
class NothingToCheckIn(ManifestRefused):
    """Every guest of the party is marked as no-show; each can be checked in alone."""

    reference: str


@dataclass(eq=False)
class NotMarkable(ManifestRefused):
    """The guest is checked in, or the booking is not confirmed: neither late nor a no-show."""

    status: BookingStatus
    ticket: str


@dataclass(eq=False)
class NoShowTooEarly(ManifestRefused):
    """A guest may still come: no-shows are known from ``known_from`` on, the start."""

    known_from: datetime
    time_zone: str


@dataclass(eq=False)
class MarkFinal(ManifestRefused):
    """The guest was marked longer ago than a mark can be undone."""

    ticket: str
