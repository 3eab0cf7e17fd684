"""The actions that staff can take on a departure of the calendar, as links.

The view of a day has the links of each departure. In a week they would be most of the page, so it
has them once, as templates with the number ``ANY`` in place of a departure's; ``calendar.js`` puts
them beside the departure that has the pointer or the focus, or is tapped.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from core_site.departure_calendar.calendar import CalendarEntry
from core_site.manifest.departure_admin import may_send_links

#: The number in addresses in place of a departure's, which begin with 1.
ANY = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A link for each departure of which all ``conditions`` hold (``CalendarEntry.conditions``).

    Its address is ``path`` with the id of the departure, or of another attribute of the entry that
    ``names`` says, such as its schedule.
    """

    label: str
    icon: str
    path: str
    conditions: frozenset[str] = frozenset({"ahead"})
    names: str = "departure"
    is_primary: bool = False

    @property
    def condition_names(self) -> str:
        return " ".join(sorted(self.conditions))

    def address(self, entry: CalendarEntry) -> str:
        number = entry.schedule if self.names == "schedule" else entry.departure
        before, _, behind = self.path.rpartition(str(ANY))
        return f"{before}{number}{behind}"


def actions_for(request: HttpRequest) -> tuple[Action, ...]:
    """Return the actions that the staff user may take, in the order in which they are shown."""
    return tuple(_actions(request))


def _actions(request: HttpRequest) -> Iterator[Action]:
    may = request.user.has_perm
    of_departure = "admin:catalog_departure_"

    def path(name: str) -> str:
        return reverse(of_departure + name, args=[ANY])

    ahead = frozenset({"ahead"})
    yield Action(
        label="Manifest", icon="list_alt", path=f"{path('change')}#manifest",
        conditions=frozenset(), is_primary=True,
    )  # fmt: skip
    if may("bookings.sell_booking"):
        yield Action(label="Book", icon="add", path=path("book_here"))
    if may("resources.assign_resource"):
        yield Action(label="Guides and boats", icon="sailing", path=path("assign"))
    if may_send_links(request):
        yield Action(label="Guide's link", icon="qr_code_2", path=path("guide_link"))
    if may("guest_messages.write_to_guests"):
        yield Action(
            label="Message",
            icon="mail",
            path=path("write_to_guests"),
            conditions=ahead | {"guests"},
        )
    if may("catalog.change_departure"):
        yield Action(label="Places", icon="groups", path=path("resize"))
    if may("catalog.view_schedule"):
        yield Action(
            label="Schedule", icon="event_repeat", names="schedule",
            path=reverse("admin:catalog_schedule_change", args=[ANY]),
            conditions=ahead | {"scheduled"},
        )  # fmt: skip
    if may("catalog.change_departure"):
        yield Action(
            label="Close to sale", icon="block", path=path("close"), conditions=ahead | {"open"}
        )
        yield Action(
            label="Reopen for sale", icon="lock_open", path=path("reopen"),
            conditions=ahead | {"closed"},
        )  # fmt: skip
    if may("disruptions.run_disruption"):
        start = reverse("admin:disruptions_disruption_start")
        yield Action(label="Cancel or move", icon="event_busy", path=f"{start}?departures={ANY}")
