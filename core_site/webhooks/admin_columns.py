"""Columns of the staff's lists that webhooks and OCTO notifications share."""

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.admin_kit.viewer_zone import format_instant
from core_site.webhooks.destination_models import Destination
from core_site.webhooks.destination_states import STATE_COLOURS, say_state
from core_site.webhooks.panels import say_answer, say_duration, say_moment

if TYPE_CHECKING:
    from core_site.notifications.models import Notification
    from core_site.webhooks.models import Delivery


class DestinationColumns(ModelAdminMixin):
    """Mixin of the admin class of a ``Destination``: its columns, without those removed."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(removed_at=None).select_related("partner", "queue")

    @display(description="URL", ordering="url")
    def url_shown(self, destination: Destination) -> str:
        return destination.url if len(destination.url) <= 60 else f"{destination.url[:59]}…"

    @display(description="mode", ordering="test_mode", label={"Test": "info", "Live": "success"})
    def mode(self, destination: Destination) -> str:
        return "Test" if destination.test_mode else "Live"

    @display(description="state", label=STATE_COLOURS)
    def state(self, destination: Destination) -> str:
        return say_state(destination)

    @display(description="last accepted", ordering="queue__last_success_at")
    def last_accepted(self, destination: Destination) -> str:
        return say_moment(destination.queue.last_success_at)


class DeliveryColumns(ModelAdminMixin):
    """Mixin of the admin class of what is sent to a ``Destination``: how its last attempt went."""

    @display(description="when")
    def when(self, sent: "Delivery | Notification") -> str:
        return format_instant(sent.last_attempt_at or sent.created_at)

    @display(
        description="state",
        label={"Waiting": "warning", "Delivered": "success", "Passed over": "danger"},
    )
    def state_shown(self, sent: "Delivery | Notification") -> str:
        return sent.get_state_display()

    @display(description="answer")
    def answer(self, sent: "Delivery | Notification") -> str:
        return say_answer(sent.last_status, sent.last_problem)

    @display(description="took")
    def took(self, sent: "Delivery | Notification") -> str:
        return say_duration(sent.last_duration_ms)
