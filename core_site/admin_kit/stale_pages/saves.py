"""Optimistic locking of saves: a page changed by others since it was opened is refused once.

Two staff users open the same price, and both save. The second save would store every field as it
was when its page was opened, and so undo the first. Instead it is refused: the page shows what was
changed, by whom and when, and keeps what was typed; sending it again saves it. The rows of the
page's inlines are checked as well.

The check holds a lock on the page's row and on its parents, so of two simultaneous saves one waits
and then sees the other. A POST without a version is not checked, as an HTTP request without
``If-Match`` would not be.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from django.contrib.admin.utils import unquote
from django.core.signing import BadSignature
from django.db.models import Model
from django.forms.models import _get_foreign_key
from django.http import HttpRequest, HttpResponse, QueryDict

from core_site.admin_kit.django_types import InlineAdmin, InlineFormSet, ModelAdminMixin, ModelForm
from core_site.admin_kit.save_errors import check_after_clean, find_refusal
from core_site.admin_kit.stale_pages.changes_meanwhile import changes_of_rows, changes_of_values
from core_site.admin_kit.stale_pages.resubmission import (
    follow_what_is_stored,
    has_deleted_rows,
    without_deleted_rows,
)
from core_site.admin_kit.stale_pages.versions import (
    FIELD,
    PageVersion,
    PageVersionField,
    stored_rows,
    stored_values,
    without_paging,
)
from core_site.transactions import set_lock_timeout

if TYPE_CHECKING:
    from django.http.request import _ImmutableQueryDict

REFUSAL = (
    "Nothing was saved: this page was changed by others after you opened it. What you typed is "
    "still here, and fields that you left alone show what is stored now. Look at what was changed, "
    "and save again if yours shall stand."
)

UNKNOWN_VERSION = "It cannot be told what was changed, because the page's own version is damaged."


class _SavingRequest(HttpRequest):
    formsets_of_page: Sequence[InlineFormSet]


class StaleSaveMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin``: refuses a stale save; precedes the bases that make its forms."""

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        only_asked_for_names = kwargs.get("fields") is None
        if change and obj and not only_asked_for_names and self.has_change_permission(request, obj):
            form.base_fields[FIELD] = PageVersionField()
            check_after_clean(form, lambda bound: self._check_version(request, bound))
        return form

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:
        form = context["adminform"].form
        if obj is not None and FIELD in form.fields and not form.is_bound:
            rows = {
                inline.formset.prefix: stored_rows(inline.formset)
                for inline in context["inline_admin_formsets"]
                if inline.has_change_permission
            }
            form.initial[FIELD] = PageVersion(stored_values(form), rows).sign(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Model, inline: InlineAdmin, prefix: str
    ) -> dict[str, Any]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "POST":
            # What was sent names its rows; on which page of them they are now does not matter.
            kwargs.pop("per_page", None)
        return kwargs

    def _changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, Any] | None,
    ) -> HttpResponse:
        if request.method == "POST" and object_id is not None and not find_refusal(request):
            self.lock_page(request, unquote(object_id))
        return super()._changeform_view(request, object_id, form_url, extra_context)

    def lock_page(self, request: HttpRequest, pk: str) -> None:
        """Lock the page's row, but first its parents: the rows whose pages have it as an inline."""
        row = self.get_object(request, pk)
        if row is None:
            return
        set_lock_timeout()
        for locked in reversed(list(self._with_parents(row))):
            rows = type(locked)._base_manager.filter(pk=locked.pk).order_by()
            list(rows.select_for_update(no_key=True).values_list("pk"))

    def _with_parents(self, row: Model) -> Iterator[Model]:
        yield row
        for page in self.admin_site._registry.values():
            if not isinstance(page, StaleSaveMixin):
                continue
            for inline in page.inlines:
                if inline.model is type(row):
                    parent_key = _get_foreign_key(page.model, inline.model, inline.fk_name)
                    parent = getattr(row, parent_key.name)
                    yield from page._with_parents(parent) if parent else ()

    def _create_formsets(
        self, request: HttpRequest, obj: Model | None, change: bool
    ) -> tuple[list[InlineFormSet], list[InlineAdmin]]:
        formsets, inlines = super()._create_formsets(request, obj, change)
        if request.method != "POST" or not change or obj is None:
            return formsets, inlines
        before = self._read_version(request, obj)
        editable = _editable(request, obj, formsets, inlines)
        lacking = [formset for formset in editable if has_deleted_rows(formset)]
        if before is not None and lacking:
            for formset in lacking:
                shown = before.rows.get(formset.prefix, {})
                sent = without_deleted_rows(request.POST, formset, shown)
                request.POST = cast("_ImmutableQueryDict", sent)
            formsets, inlines = super()._create_formsets(request, obj, change)
        cast(_SavingRequest, request).formsets_of_page = _editable(request, obj, formsets, inlines)
        return formsets, inlines

    def _read_version(self, request: HttpRequest, row: Model) -> PageVersion | None:
        """Return the version that the page showed, None when it sent none that is valid."""
        try:
            return PageVersion.from_signed(request.POST.get(FIELD, ""), row)
        except BadSignature:
            return None

    def _check_version(self, request: HttpRequest, form: ModelForm) -> None:
        """Refuse a form whose page was changed meanwhile, and bring the page up to date."""
        sent = request.POST.get(FIELD)
        if not sent:
            return
        row = form.instance
        formsets = cast(_SavingRequest, request).formsets_of_page
        stored = {formset.prefix: without_paging(formset) for formset in formsets}
        before = self._read_version(request, row)
        if before is None:
            changes = [UNKNOWN_VERSION]
        else:
            changes = list(changes_of_values(form, before.own))
            for formset in formsets:
                shown = before.rows.get(formset.prefix, {})
                rows = stored[formset.prefix].initial_forms
                changes += changes_of_rows(formset.model, shown, rows)
        if not changes:
            return
        if before is not None:
            follow_what_is_stored(form, before.own)
            for formset in formsets:
                shown = before.rows.get(formset.prefix, {})
                for bound in formset.initial_forms:
                    follow_what_is_stored(bound, shown.get(str(bound.instance.pk), {}))
        now = PageVersion(
            stored_values(form), {prefix: stored_rows(rows) for prefix, rows in stored.items()}
        )
        data = cast(QueryDict, form.data).copy()
        data[form.add_prefix(FIELD)] = now.sign(row)
        form.data = data
        form.add_error(None, [REFUSAL, *changes])


def _editable(
    request: HttpRequest,
    row: Model,
    formsets: list[InlineFormSet],
    inlines: list[InlineAdmin],
) -> list[InlineFormSet]:
    return [
        formset
        for formset, inline in zip(formsets, inlines, strict=True)
        if inline.has_change_permission(request, row)
    ]
