"""Panels of the page of a partner's user: its bookings, and its latest changes."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.change_pages.panels import Panel
from core_site.admin_kit.change_pages.tables import TABLE, Column, build_table
from core_site.admin_kit.viewer_zone import format_instant
from core_site.bookings.models import Booking
from core_site.bookings.page.booking_table import BOOKINGS_SHOWN, RELATED, table_of_bookings
from core_site.personal_data import SEE_PERSONAL_DATA
from core_site.row_history import load_changes
from core_site.users.models import User
from shared_domain import search
from shared_domain.run_now import run_now

#: Changes that the panel names; the page History has the rest.
CHANGES_SHOWN = 10


def load_bookings(request: HttpRequest, user: User) -> Mapping[str, Any]:
    """Return a table of the partner's bookings with this user, or with its e-mail address."""
    wanted = search.parse_search(user.email)
    found = (
        ()
        if wanted is None
        else run_now(
            search.find_bookings(
                wanted,
                with_guests=True,
                now=timezone.now(),
                most=search.FOUND_AT_MOST,
                store=stores.search(),
            )
        )
    )
    # Two queries, each by an index: of both conditions together PostgreSQL may read every booking.
    latest = Booking.objects.filter(user_id=user.pk).order_by("-id").values_list("pk", flat=True)
    theirs = {*found, *latest[:BOOKINGS_SHOWN]}
    own = Booking.objects.filter(pk__in=theirs, partner=user.partner_id, test_mode=user.test_mode)
    return table_of_bookings(
        request,
        own.order_by("-id").select_related(*RELATED)[:BOOKINGS_SHOWN],
        empty="None of this partner's bookings names this user or has its e-mail address.",
    )


def load_last_changes(request: HttpRequest, user: User) -> Mapping[str, Any]:
    """Return a table of changes of the user, without values: the history has no personal data."""
    changes = load_changes(User, pgh_obj_id=user.pk, limit=CHANGES_SHOWN)
    return build_table(
        (Column("When"), Column("What"), Column("Who")),
        ((format_instant(change.at), change.kind, change.who) for change in changes),
        empty="Nothing is recorded.",
    )


PANELS = (
    Panel(
        "bookings", "Bookings", load_bookings, TABLE,
        ("bookings.view_booking", SEE_PERSONAL_DATA), is_wide=True,
    ),
    Panel("changes", "Last actions", load_last_changes, TABLE, ("users.view_user",)),
)  # fmt: skip
