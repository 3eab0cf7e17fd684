"""Manifests: who is on a departure, who has come, who is late, and who did not show up.

EXPECTED ──check in──▶ CHECKED_IN           redemption of the guest's ticket; undone within a day
   │  ▲                    ▲
   │  └──undo──┐           │
   ├──late───▶ LATE ───────┤                the guest called, or the boat waits
   └──no-show─▶ NO_SHOW ───┘                after the start only; undone within a day

The manifest of a departure lists its confirmed, redeemed and pending live bookings, never tests.
Checking in is ``bookings.redeem_booking``, so that the gate, the manifest and the partner's answer
say the same. LATE and NO_SHOW are marks of a ticket, beside its redemption: a guest who comes after
all is checked in, and stays marked as late; a no-show's mark is lifted. Marks are of one departure:
when the booking moves to another one, a trigger lifts them.
"""

from shared_domain.manifest.admission import Admission, NoShowStore, admit_guests
from shared_domain.manifest.errors import (
    GuestNotOnManifest,
    ManifestRefused,
    MarkFinal,
    NoShowTooEarly,
    NothingToCheckIn,
    NotMarkable,
)
from shared_domain.manifest.guide_links import LinkStore, link_expires_at, revoke_links
from shared_domain.manifest.model import (
    MOST_PARTIES,
    Attendance,
    Guest,
    GuestParty,
    HeadCount,
    Manifest,
    Mark,
    MarkKind,
    PickUp,
    Totals,
    Waiting,
    is_checked_in_late,
)
from shared_domain.manifest.services import (
    ManifestStore,
    check_in,
    get_revision,
    load_manifest,
    mark_guests,
    undo_check_in,
    unmark_guests,
)

__all__ = [
    "MOST_PARTIES",
    "Admission",
    "Attendance",
    "Guest",
    "GuestNotOnManifest",
    "HeadCount",
    "LinkStore",
    "Manifest",
    "ManifestRefused",
    "ManifestStore",
    "Mark",
    "MarkFinal",
    "MarkKind",
    "NoShowTooEarly",
    "NotMarkable",
    "NoShowStore",
    "NothingToCheckIn",
    "PickUp",
    "GuestParty",
    "Totals",
    "Waiting",
    "admit_guests",
    "check_in",
    "get_revision",
    "is_checked_in_late",
    "link_expires_at",
    "load_manifest",
    "mark_guests",
    "revoke_links",
    "undo_check_in",
    "unmark_guests",
]
