"""The preview of a note as it was typed, before it is saved: a mixin of the notes' admin class."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from core_site.admin_kit.django_types import ModelAdminMixin, ModelForm
from core_site.messages.models import HouseNote
from core_site.messages.office.preview import load_previews
from shared_domain.messages import MessageKind


class TypedNoteForm(ModelForm):
    """Validates a note as the form that saves it does; it is never saved by this form."""

    class Meta:
        model = HouseNote
        fields = ("kind", "language", "product", "above", "below")

    @property
    def refusals(self) -> list[tuple[str, list[str]]]:
        """The errors of the note, by the label of the field; empty for the note as a whole."""
        labels = {name: str(field.label) for name, field in self.fields.items()}
        return [
            (labels.get(name, ""), [str(error) for error in errors])
            for name, errors in self.errors.items()
        ]


class TypedNoteMixin(ModelAdminMixin):
    """Mixin: the button *Preview* shows a letter with the note as it was typed into its form.

    The letter opens in a new tab, so that the form keeps what was typed.
    """

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.typed_note_view)
        return [
            path("preview-typed/", view, name="guest_messages_new_note_preview"),
            path("<int:note_id>/preview-typed/", view, name="guest_messages_note_preview"),
            *super().get_urls(),
        ]

    def typed_note_view(self, request: HttpRequest, note_id: int | None = None) -> HttpResponse:
        """Show the letter with the typed note; GET, as after a sign-in, redirects to the form."""
        note: HouseNote | None = None
        if note_id is None:
            page = reverse("admin:guest_messages_housenote_add")
            may_save = self.has_add_permission(request)
        else:
            note = self.get_object(request, str(note_id))
            if note is None:
                return self._get_obj_does_not_exist_redirect(request, self.opts, str(note_id))
            page = reverse("admin:guest_messages_housenote_change", args=[note.pk])
            may_save = self.has_change_permission(request, note)
        if not may_save:
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(page)
        form = TypedNoteForm(request.POST, instance=note)
        is_whole = form.is_valid()
        typed: HouseNote = form.instance
        kind = MessageKind(typed.kind or MessageKind.CONFIRMATION.value) if is_whole else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Preview of a note",
            "page_name": "Preview of a note",
            "refusals": form.refusals,
            "about": str(typed) if is_whole else "",
            "previews": load_previews(kind, product=typed.product, note=typed) if kind else [],
            "media": self.media,
        }
        status = 200 if is_whole else 400
        return render(request, "guest_messages/typed_note.html", context, status=status)
