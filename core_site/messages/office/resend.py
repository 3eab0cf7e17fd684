"""Send a message again, to the guest or this once to another address."""

from django.contrib import messages as page_messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.admin_kit.submit_once import AlreadySubmitted, SubmissionField, submit_once
from core_site.bookings.admin_columns import HIDDEN
from core_site.bookings.changes.ticket_forms import ResendForm
from core_site.messages.models import Message
from core_site.personal_data import may_see_personal_data
from core_site.staff_messages import AdminRefused
from core_site.transactions import run_in_form
from shared_domain import bookings, messages
from shared_domain.bookings import BookingId
from shared_domain.messages import MessageKind
from shared_domain.run_now import run_now


class SendAgainForm(ResendForm):
    """The form that sends a message again; a form that is submitted twice sends one message."""

    submission = SubmissionField()


class ResendingActions(ModelAdminMixin):
    """Mixin of ``MessageAdmin``: the action that sends a message again.

    It needs the permission to change bookings.
    """

    def has_resend_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("bookings.change_booking")

    @action(
        description="Send again",
        icon="forward_to_inbox",
        permissions=["resend"],
        variant=ActionVariant.PRIMARY,
    )
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        message: Message | None = self.get_object(request, unquote(str(object_id)))
        if message is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        shows_guest = may_see_personal_data(request)
        booking = _load(message)
        data: QueryDict | None = request.POST if request.method == "POST" else None
        form = SendAgainForm(booking, data, shows_guest=shows_guest)
        page = reverse("admin:bookings_booking_change", args=[message.booking_id])
        if form.is_valid():
            try:
                done = run_in_form(form, lambda: self._send_again(request, message, form))
            except AlreadySubmitted:
                page_messages.warning(request, "It was sent again before, by this same form.")
                return HttpResponseRedirect(page)
            if done is not None:
                said = f"{message.get_kind_display()}: it leaves within a minute or two."
                page_messages.success(request, f"{message.booking}: {said}")
                return HttpResponseRedirect(page)
        name = booking.contact.name or "not named"
        confirmation = ConfirmationPage(
            title=f"Send again: {message}",
            button="Send again",
            explanation="It is written anew: it says how the booking stands now.",
            facts=(
                ("Guest", name if shows_guest else HIDDEN),
                ("Sold by", str(message.partner)),
                ("Message", message.get_kind_display()),
                ("First sent to", (message.recipient or "–") if shows_guest else HIDDEN),
            ),
            refusal=_find_refusal(message, booking),
            back_url=reverse("admin:guest_messages_message_change", args=[message.pk]),
        )
        return render_confirmation(request, confirmation, form, about=Message)

    def _send_again(self, request: HttpRequest, message: Message, form: SendAgainForm) -> int:
        submission = submit_once(request)
        refusal = _find_refusal(message, _load(message))
        if refusal:
            raise AdminRefused(refusal.rstrip("."))
        to_guest = form.chosen is None
        if to_guest and not _load(message).contact.email_address:
            raise AdminRefused("the guest has no e-mail address; type another one")
        queue = messages.queue_message(
            BookingId(message.booking_id),
            repeated_kind(message),
            cause=f"sent again {submission.pk}",
            recipient=form.chosen or "",
            words=message.words,
            note_id=message.note_id,
            now=timezone.now(),
            store=stores.messages(),
        )
        queued = run_now(queue)
        submission.record(queued)
        self.log_change(request, message.booking, f"{message.get_kind_display()} sent again.")
        return int(queued or 0)


def repeated_kind(message: Message) -> MessageKind:
    """Return the kind of a repeated message: for a move it is a change, with the present state."""
    kind = MessageKind(message.kind)
    return MessageKind.CHANGE if kind is MessageKind.MOVE else kind


def _load(message: Message) -> bookings.Booking:
    row = message.booking
    return run_now(
        bookings.get_booking(
            row.uuid, access=row.access, now=timezone.now(), store=stores.bookings()
        )
    )


def _find_refusal(message: Message, booking: bookings.Booking) -> str:
    """Return why the message may not be sent again; empty if it may."""
    if messages.is_needless(repeated_kind(message), booking, now=timezone.now()):
        return (
            f"{message.get_kind_display()} no longer fits: the booking is "
            f"{booking.status_at(timezone.now()).value.replace('_', ' ').lower()}."
        )
    return ""
