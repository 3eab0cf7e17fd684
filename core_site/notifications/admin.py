"""The staff's pages of subscriptions to OCTO notifications, and of what was sent.

Buttons call services. Partners' headers are shown on no page.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
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

from core_site import stores
from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_kit.submit_once import AlreadySubmitted, FormSubmittedOnce, submit_once
from core_site.admin_row_history import RowHistoryMixin
from core_site.notifications.models import Notification, Subscription
from core_site.notifications.panels import (
    ATTEMPTS,
    HEALTH,
    LATEST,
    say_kinds,
    say_notification,
    with_booking_of_partner,
)
from core_site.transactions import run_in_form
from core_site.webhooks.admin_columns import DeliveryColumns, DestinationColumns
from core_site.webhooks.destination_states import DestinationStateFilter, say_state
from shared_domain import notifications
from shared_domain.run_now import run_now
from shared_domain.webhooks import DisabledBy


@admin.register(Subscription)
class SubscriptionAdmin(DestinationColumns, ReadOnlyAdminMixin, RowHistoryMixin, ModelAdmin):
    list_display = ("url_shown", "partner", "mode", "state", "kinds", "last_accepted")
    list_display_links = ("url_shown",)
    list_filter = (
        DestinationStateFilter,
        ("test_mode", BooleanRadioFilter),
        ("partner", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("partner", "queue")
    ordering = ("-created_at", "id")
    search_fields = ("url", "partner__name")
    search_help_text = "A part of the URL or the partner"
    fields = ("partner", "mode", "url", "kinds", "created_at")
    readonly_fields = ("mode", "kinds")
    panels = (HEALTH, LATEST)
    actions_detail = ("enable", "disable")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        """Return the buttons of this page, without those that would change nothing."""
        shown: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        subscription: Subscription | None = self.get_object(request, unquote(str(object_id)))
        if subscription is None:
            return shown
        useless = {"disable"} if subscription.disabled_by else set()
        if say_state(subscription) == "delivers":
            useless = {"enable"}
        return [button for button in shown if button.path not in useless]

    @display(description="notifications")
    def kinds(self, subscription: Subscription) -> str:
        return say_kinds(subscription)

    def has_manage_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("notifications.change_subscription")

    @action(description="Enable or try now", icon="play_arrow", permissions=["manage"])
    def enable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        page = partial(
            ConfirmationPage,
            title="Enable a subscription",
            button="Enable",
            explanation="What waits is tried again at once. What happened while it was disabled "
            "is not told; the partner reads it anew.",
        )

        def enable(subscription: Subscription) -> None:
            run_now(
                notifications.enable_subscription(
                    notifications.SubscriptionId(subscription.pk),
                    access=subscription.access,
                    now=timezone.now(),
                    store=stores.notification_subscriptions(),
                )
            )

        return self._carry_out(request, object_id, page, enable, "Enabled.")

    @action(description="Disable", icon="pause", permissions=["manage"])
    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        page = partial(
            ConfirmationPage,
            title="Disable a subscription",
            button="Disable",
            explanation="Nothing is sent until it is enabled, and what happens meanwhile is not "
            "told later.",
        )

        def disable(subscription: Subscription) -> None:
            run_now(
                notifications.disable_subscription(
                    notifications.SubscriptionId(subscription.pk),
                    by=DisabledBy.STAFF,
                    access=subscription.access,
                    now=timezone.now(),
                    store=stores.notification_subscriptions(),
                )
            )

        return self._carry_out(request, object_id, page, disable, "Disabled.")

    def _carry_out(
        self,
        request: HttpRequest,
        object_id: str,
        page: Callable[..., ConfirmationPage],
        change: Callable[[Subscription], None],
        note: str,
    ) -> HttpResponse:
        """Show the dialog, or carry the change out once; a refusal is shown in the form."""
        subscription: Subscription | None = self.get_object(request, unquote(object_id))
        if subscription is None:
            raise Http404
        back_url = reverse("admin:notifications_subscription_change", args=[subscription.pk])
        form = FormSubmittedOnce(request.POST if request.method == "POST" else None)
        if form.is_valid():

            def carry() -> bool:
                submission = submit_once(request)
                change(subscription)
                submission.record(str(subscription.pk))
                self.log_change(request, subscription, note)
                return True

            try:
                is_done = run_in_form(form, carry)
            except AlreadySubmitted:
                messages.info(request, "This form was sent before; nothing was done again.")
                return HttpResponseRedirect(back_url)
            if is_done:
                messages.success(request, f"The subscription is {note.rstrip('.').lower()}.")
                return HttpResponseRedirect(back_url)
        shown = page(back_url=back_url, row=subscription)
        return render_confirmation(request, shown, form, about=Subscription)


@admin.register(Notification)
class NotificationAdmin(DeliveryColumns, ReadOnlyAdminMixin, ModelAdmin):
    list_display = ("when", "what", "state_shown", "answer", "took", "attempts", "partner", "to")
    list_display_links = ("when",)
    list_filter = (
        ("state", ChoicesRadioFilter),
        ("subscription", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("subscription__partner",)
    list_per_page = 50
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        *("what", "state_shown", "to", "partner", "public_id", "product_code"),
        *("local_date_start", "local_date_end", "attempts", "next_attempt_at", "created_at"),
    )
    readonly_fields = ("what", "state_shown", "to", "partner")
    panels = (ATTEMPTS,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        rows: QuerySet[Notification] = super().get_queryset(request)
        return with_booking_of_partner(request, rows)

    @display(description="notification")
    def what(self, notification: Notification) -> SafeString:
        return say_notification(notification)

    @display(description="partner")
    def partner(self, notification: Notification) -> str:
        return str(notification.subscription.partner)

    @display(description="subscription")
    def to(self, notification: Notification) -> Any:
        page = reverse(
            "admin:notifications_subscription_change", args=[notification.subscription_id]
        )
        return format_html('<a href="{}">{}</a>', page, notification.subscription.url[:60])
