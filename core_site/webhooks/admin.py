"""The staff's pages of webhook endpoints and deliveries; buttons call services."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesRadioFilter,
)
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_kit.submit_once import AlreadySubmitted, FormSubmittedOnce, submit_once
from core_site.admin_row_history import RowHistoryMixin
from core_site.transactions import run_in_form
from core_site.webhooks.admin_columns import DeliveryColumns, DestinationColumns
from core_site.webhooks.destination_states import DestinationStateFilter, say_state
from core_site.webhooks.endpoint_actions import WebhookEndpointActions
from core_site.webhooks.models import Delivery, WebhookEndpoint
from core_site.webhooks.panels import (
    ATTEMPTS,
    HEALTH,
    LATEST,
    say_event,
    say_events,
)
from shared_domain import webhooks
from shared_domain.run_now import run_now

#: How long the page of a sample looks again by itself, once a second.
SAMPLE_LOOKED_AT = timedelta(seconds=40)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(
    DestinationColumns, WebhookEndpointActions, ReadOnlyAdminMixin, RowHistoryMixin, ModelAdmin
):
    list_display = ("url_shown", "partner", "mode", "state", "events", "last_accepted")
    list_display_links = ("url_shown",)
    list_filter = (
        DestinationStateFilter,
        ("test_mode", BooleanRadioFilter),
        ("partner", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("partner", "queue")
    ordering = ("-created_at", "id")
    search_fields = ("url", "description", "partner__name")
    search_help_text = "A part of the URL, the description or the partner"
    fields = ("partner", "mode", "url", "description", "events_listed", "created_at")
    readonly_fields = ("mode", "events_listed")
    panels = (HEALTH, LATEST)
    actions_list = ("create",)
    actions_detail = (
        *("send_sample", "edit", "rotate_secret", "replay", "enable", "disable", "remove"),
    )

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        """Return the actions of an endpoint's page that have an effect in its state."""
        shown: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        endpoint: WebhookEndpoint | None = self.get_object(request, unquote(str(object_id)))
        if endpoint is None:
            return shown
        useless = {"disable", "send_sample", "replay"} if endpoint.disabled_by else set()
        if not endpoint.partner.is_active:
            # It would wait, maybe for weeks.
            useless |= {"send_sample"}
        if say_state(endpoint) == "delivers":
            useless = {"enable"}
        return [button for button in shown if button.path not in useless]

    @display(description="events")
    def events(self, endpoint: WebhookEndpoint) -> str:
        return say_events(endpoint)

    @display(description="events")
    def events_listed(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.types) or "all"


@admin.register(Delivery)
class WebhookDeliveryAdmin(DeliveryColumns, ReadOnlyAdminMixin, ModelAdmin):
    list_display = (
        "when",
        "event",
        "state_shown",
        "answer",
        "took",
        "attempts",
        "partner",
        "to",
    )
    list_display_links = ("when",)
    list_filter = (
        ("state", ChoicesRadioFilter),
        ("endpoint", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("endpoint__partner",)
    list_per_page = 50
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "event",
        "state_shown",
        "to",
        "partner",
        "message_id",
        "position",
        "attempts",
        "next_attempt_at",
        "created_at",
    )
    readonly_fields = ("event", "state_shown", "to", "partner")
    panels = (ATTEMPTS,)
    actions_detail = ("replay",)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, extra_context)
        shown = getattr(response, "context_data", None) or {}
        if isinstance(shown.get("original"), Delivery) and _is_awaited(shown["original"]):
            # The page of a sample looks again, with or without JavaScript.
            response["Refresh"] = "1"
        return response

    @display(description="event")
    def event(self, delivery: Delivery) -> str:
        return say_event(delivery)

    @display(description="partner")
    def partner(self, delivery: Delivery) -> str:
        return str(delivery.endpoint.partner)

    @display(description="endpoint")
    def to(self, delivery: Delivery) -> SafeString:
        page = reverse("admin:webhooks_webhookendpoint_change", args=[delivery.endpoint_id])
        return format_html('<a href="{}">{}</a>', page, delivery.endpoint.url[:60])

    def has_replay_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("webhooks.replay_delivery")

    @action(
        description="Send again",
        icon="replay",
        permissions=["replay"],
        variant=ActionVariant.PRIMARY,
    )
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery = self.get_object(request, unquote(object_id))
        if delivery is None:
            raise Http404
        page = reverse("admin:webhooks_delivery_change", args=[delivery.pk])
        form = FormSubmittedOnce(request.POST if request.method == "POST" else None)
        endpoint: WebhookEndpoint = delivery.endpoint
        if form.is_valid():

            def replay() -> webhooks.Delivery:
                submission = submit_once(request)
                submission.record(str(delivery.pk))
                replayed = run_now(
                    webhooks.replay_delivery(
                        webhooks.EndpointId(endpoint.pk),
                        delivery.message_id,
                        access=endpoint.access,
                        now=timezone.now(),
                        store=stores.webhook_deliveries(),
                    )
                )
                sent = f"{say_event(delivery)} sent again: {delivery.message_id}."
                self.log_change(request, endpoint, sent)
                return replayed

            try:
                is_done = run_in_form(form, replay) is not None
            except AlreadySubmitted:
                messages.info(request, "This form was sent before; nothing was done again.")
                return HttpResponseRedirect(page)
            if is_done:
                messages.success(request, "It is sent again now; open the page again in a moment.")
                return HttpResponseRedirect(page)
        confirmation = ConfirmationPage(
            title=f"Send again: {say_event(delivery)}",
            button="Send again",
            explanation=f"It goes to {endpoint.url} with the same webhook-id, so that a receiver "
            "that has it already can tell.",
            back_url=page,
            row=delivery,
        )
        return render_confirmation(request, confirmation, form, about=Delivery)


def _is_awaited(delivery: Delivery) -> bool:
    is_new = timezone.now() - delivery.created_at < SAMPLE_LOOKED_AT
    is_waiting = delivery.state == webhooks.DeliveryState.WAITING.value
    return delivery.position is None and is_waiting and is_new
