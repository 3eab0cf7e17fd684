"""The buttons on the page of a webhook endpoint; each calls a service."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.admin_kit.submit_once import AlreadySubmitted, FormSubmittedOnce, submit_once
from core_site.environment import env
from core_site.transactions import run_in_form
from core_site.webhooks.destination_states import load_signing_keys
from core_site.webhooks.forms import (
    EnableForm,
    EndpointForm,
    NewEndpointForm,
    ReplayForm,
    RotateSecretForm,
    SampleForm,
)
from core_site.webhooks.models import WebhookEndpoint
from shared_domain import webhooks
from shared_domain.events import PublishedType
from shared_domain.quantities import format_quantity
from shared_domain.run_now import run_now

EVERY_TYPE = frozenset(PublishedType)

#: Carries an action out and returns the answer to the staff user.
Carry = Callable[[Any], HttpResponse]


def endpoint_url(endpoint_id: object) -> str:
    return reverse("admin:webhooks_webhookendpoint_change", args=[endpoint_id])


def show_secret(
    request: HttpRequest, endpoint_id: UUID, secret: str, *, title: str, note: str = ""
) -> HttpResponse:
    """Render an endpoint's secret, in a response that no cache stores; it is never shown again."""
    context = {
        **admin.site.each_context(request),
        "opts": WebhookEndpoint._meta,
        "title": title,
        "endpoint": WebhookEndpoint.objects.select_related("partner").get(pk=endpoint_id),
        "secret": secret,
        "note": note,
        "back_url": endpoint_url(endpoint_id),
    }
    response = render(request, "webhooks/secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


class WebhookEndpointActions(ModelAdminMixin):
    """Mixin of the endpoints' admin class: the actions that call services."""

    def has_manage_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("webhooks.change_webhookendpoint")

    def has_replay_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("webhooks.replay_delivery")

    @action(
        description="Add an endpoint",
        icon="add",
        url_path="create",
        permissions=["manage"],
        variant=ActionVariant.PRIMARY,
    )
    def create(self, request: HttpRequest) -> HttpResponse:
        form = NewEndpointForm(
            request.POST if request.method == "POST" else None,
            initial={"partner": request.GET.get("partner")},
        )
        back_url = reverse("admin:webhooks_webhookendpoint_changelist")

        def carry(submission: Any) -> HttpResponse:
            wanted = form.cleaned_data
            endpoint, secret = run_now(
                webhooks.create_endpoint(
                    url=wanted["url"],
                    description=wanted["description"],
                    types=form.chosen_types(),
                    readable=EVERY_TYPE,
                    access=wanted["partner"].access_in(test_mode=wanted["mode"] == "test"),
                    keys=load_signing_keys(),
                    now=timezone.now(),
                    store=stores.webhook_endpoints(),
                    allows_loopback=env("PORTICO_WEBHOOKS_ALLOW_LOOPBACK"),
                )
            )
            submission.record(str(endpoint.id))
            self.log_addition(request, WebhookEndpoint.objects.get(pk=endpoint.id), "Added.")
            return show_secret(request, endpoint.id, secret, title="Webhook endpoint added")

        page = ConfirmationPage(title="Add a webhook endpoint", button="Add", back_url=back_url)
        return _answer(request, form, page, carry)

    @action(description="Send a sample", icon="science", permissions=["manage"])
    def send_sample(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._get(request, object_id)
        form = SampleForm(request.POST if request.method == "POST" else None)

        def carry(submission: Any) -> HttpResponse:
            sample = run_now(
                webhooks.send_sample(
                    webhooks.EndpointId(endpoint.pk),
                    type=PublishedType(form.cleaned_data["type"]),
                    access=endpoint.access,
                    now=timezone.now(),
                    store=stores.webhook_deliveries(),
                )
            )
            submission.record(str(endpoint.pk))
            return HttpResponseRedirect(reverse("admin:webhooks_delivery_change", args=[sample.id]))

        page = ConfirmationPage(
            title="Send a sample",
            button="Send",
            explanation=f"It goes to {endpoint.url} now, and the next page shows the answer.",
            back_url=endpoint_url(endpoint.pk),
            row=endpoint,
        )
        return _answer(request, form, page, carry)

    @action(description="Change", icon="edit", permissions=["manage"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._get(request, object_id)
        known = {name: getattr(endpoint, name) for name in ("url", "description", "types")}
        form = EndpointForm(request.POST if request.method == "POST" else None, initial=known)

        def carry(submission: Any) -> HttpResponse:
            wanted = form.cleaned_data
            run_now(
                webhooks.update_endpoint(
                    webhooks.EndpointId(endpoint.pk),
                    webhooks.EndpointChange(
                        url=wanted["url"],
                        description=wanted["description"],
                        types=form.chosen_types(),
                    ),
                    readable=EVERY_TYPE,
                    access=endpoint.access,
                    now=timezone.now(),
                    store=stores.webhook_endpoints(),
                    allows_loopback=env("PORTICO_WEBHOOKS_ALLOW_LOOPBACK"),
                )
            )
            return self._done(request, submission, endpoint, "Changed.", "The endpoint is changed.")

        page = ConfirmationPage(
            title="Change a webhook endpoint",
            button="Save",
            back_url=endpoint_url(endpoint.pk),
            row=endpoint,
        )
        return _answer(request, form, page, carry)

    @action(description="Rotate the secret", icon="autorenew", permissions=["manage"])
    def rotate_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._get(request, object_id)
        form = RotateSecretForm(request.POST if request.method == "POST" else None)

        def carry(submission: Any) -> HttpResponse:
            hours = form.cleaned_data["overlap"]
            rotated, secret = run_now(
                webhooks.rotate_secret(
                    webhooks.EndpointId(endpoint.pk),
                    overlap=timedelta(hours=hours),
                    access=endpoint.access,
                    keys=load_signing_keys(),
                    now=timezone.now(),
                    store=stores.webhook_endpoints(),
                )
            )
            submission.record(str(endpoint.pk))
            self.log_change(request, endpoint, "Secret rotated.")
            note = (
                f"The old secret signs as well for {format_quantity(hours, 'hour')}."
                if rotated.previous_secret
                else ""
            )
            return show_secret(
                request, endpoint.pk, secret, title="Signing secret rotated", note=note
            )

        page = ConfirmationPage(
            title="Rotate the signing secret",
            button="Rotate",
            explanation=f"{endpoint.partner} gets a new secret, and has the time of the overlap "
            "to put it in place.",
            back_url=endpoint_url(endpoint.pk),
            row=endpoint,
        )
        return _answer(request, form, page, carry)

    @action(description="Replay a range", icon="replay", permissions=["replay"])
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._get(request, object_id)
        known = run_now(stores.webhook_deliveries().log_range())
        form = ReplayForm(
            request.POST if request.method == "POST" else None,
            initial={
                "after": max(known.expired_to, known.last_position - 1000),
                "until": known.last_position,
            },
        )

        def carry(submission: Any) -> HttpResponse:
            after, until = form.cleaned_data["after"], form.cleaned_data["until"]
            run_now(
                webhooks.replay_range(
                    webhooks.EndpointId(endpoint.pk),
                    after=after,
                    until=until,
                    access=endpoint.access,
                    store=stores.webhook_deliveries(),
                )
            )
            note = f"Replay of positions after #{after} up to #{until} started."
            return self._done(request, submission, endpoint, note, note)

        page = ConfirmationPage(
            title="Replay a range of events",
            button="Replay",
            explanation="Events of these positions that the endpoint wants are sent again, in "
            "their order, each with its webhook-id of before.",
            facts=(
                ("The log begins after", f"#{known.expired_to}"),
                ("The log ends at", f"#{known.last_position}"),
            ),
            back_url=endpoint_url(endpoint.pk),
            row=endpoint,
        )
        return _answer(request, form, page, carry)

    @action(description="Enable or try now", icon="play_arrow", permissions=["manage"])
    def enable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._get(request, object_id)
        form = EnableForm(request.POST if request.method == "POST" else None)

        def carry(submission: Any) -> HttpResponse:
            run_now(
                webhooks.enable_endpoint(
                    webhooks.EndpointId(endpoint.pk),
                    by=webhooks.DisabledBy.STAFF,
                    skips_backlog=form.cleaned_data["skips_backlog"],
                    access=endpoint.access,
                    now=timezone.now(),
                    store=stores.webhook_endpoints(),
                )
            )
            told = "The endpoint is enabled; what waits is sent now."
            return self._done(request, submission, endpoint, "Enabled.", told)

        page = ConfirmationPage(
            title="Enable a webhook endpoint",
            button="Enable",
            explanation="It goes on where it was. What failed is tried again at once.",
            back_url=endpoint_url(endpoint.pk),
            row=endpoint,
        )
        return _answer(request, form, page, carry)

    @action(description="Disable", icon="pause", permissions=["manage"])
    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._get(request, object_id)
        form = FormSubmittedOnce(request.POST if request.method == "POST" else None)

        def carry(submission: Any) -> HttpResponse:
            run_now(
                webhooks.disable_endpoint(
                    webhooks.EndpointId(endpoint.pk),
                    by=webhooks.DisabledBy.STAFF,
                    access=endpoint.access,
                    now=timezone.now(),
                    store=stores.webhook_endpoints(),
                )
            )
            told = "Nothing more is sent to this endpoint."
            return self._done(request, submission, endpoint, "Disabled.", told)

        page = ConfirmationPage(
            title="Disable a webhook endpoint",
            button="Disable",
            explanation="Nothing is sent until staff enable it; its partner cannot. It keeps its "
            "place in the log.",
            back_url=endpoint_url(endpoint.pk),
            row=endpoint,
        )
        return _answer(request, form, page, carry)

    @action(
        description="Remove", icon="delete", permissions=["manage"], variant=ActionVariant.DANGER
    )
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self._get(request, object_id)
        form = FormSubmittedOnce(request.POST if request.method == "POST" else None)

        def carry(submission: Any) -> HttpResponse:
            run_now(
                webhooks.remove_endpoint(
                    webhooks.EndpointId(endpoint.pk),
                    access=endpoint.access,
                    now=timezone.now(),
                    store=stores.webhook_endpoints(),
                )
            )
            submission.record(str(endpoint.pk))
            self.log_change(request, endpoint, "Removed.")
            messages.success(request, "The endpoint is removed, with what waited for it.")
            return HttpResponseRedirect(reverse("admin:webhooks_webhookendpoint_changelist"))

        page = ConfirmationPage(
            title="Remove a webhook endpoint",
            button="Remove for good",
            explanation="What waits for it is not sent any more, and its log goes. This cannot "
            "be undone.",
            is_dangerous=True,
            back_url=endpoint_url(endpoint.pk),
            row=endpoint,
        )
        return _answer(request, form, page, carry)

    def _get(self, request: HttpRequest, object_id: str) -> WebhookEndpoint:
        endpoint: WebhookEndpoint | None = self.get_object(request, unquote(object_id))
        if endpoint is None:
            raise Http404
        return endpoint

    def _done(
        self,
        request: HttpRequest,
        submission: Any,
        endpoint: WebhookEndpoint,
        logged: str,
        told: str,
    ) -> HttpResponse:
        submission.record(str(endpoint.pk))
        self.log_change(request, endpoint, logged)
        messages.success(request, told)
        return HttpResponseRedirect(endpoint_url(endpoint.pk))


def _answer(
    request: HttpRequest, form: forms.Form, page: ConfirmationPage, carry: Carry
) -> HttpResponse:
    """Show the dialog, or carry it out once and answer; a refusal is shown in the form."""
    if form.is_valid():
        try:
            answer = run_in_form(form, lambda: carry(submit_once(request)))
        except AlreadySubmitted as repeat:
            messages.info(request, "This form was sent before; nothing was done again.")
            return HttpResponseRedirect(endpoint_url(repeat.made))
        if answer is not None:
            return answer
    return render_confirmation(request, page, form, about=WebhookEndpoint)
