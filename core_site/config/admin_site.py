"""The admin site: sign-in by Portico's form, and lists of pages that are built when read."""

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any, TypeVar, cast

from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite

from core_site.config.sidebar import navigation
from core_site.sign_in.forms import OwnPasswordForm, SignInForm
from core_site.sign_in.signed_out import keep_form

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])


class PorticoAdminSite(UnfoldAdminSite):
    login_form = SignInForm
    # As panels and pages write what has no value.
    empty_value_display = "–"

    def admin_view(self, view: _View, cacheable: bool = False) -> _View:
        """Wrap a view of the admin; what was typed outlives the session (``signed_out.py``)."""
        guarded = super().admin_view(view, cacheable)

        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return keep_form(request, guarded(request, *args, **kwargs))

        return cast(_View, update_wrapper(answer, guarded))

    def index(  # type: ignore[override]  # a page of its own in Django, and no redirect
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Show the page Today; to a guide, who may open nothing else, the guide's own week."""
        user = request.user
        if not user.is_superuser and user.get_all_permissions() == {"resources.see_own_week"}:
            return HttpResponseRedirect(reverse(f"{self.name}:resources_resource_my_week"))
        return super().index(request, extra_context)

    def password_change(  # type: ignore[override]  # django-stubs leaves its redirect out
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Show the page of one's own password: the admin's own, whose form cannot be chosen."""
        return PasswordChangeView.as_view(
            form_class=partial(OwnPasswordForm, request=request),
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the models that the staff user may see, grouped by app.

        The list is built when it is first read. Django puts it into the context of every page, but
        the sidebar is Portico's own (``sidebar.py``): building it took a fifth of a page's time.
        """
        build = partial(super().get_app_list, request, app_label)
        return cast(list[Any], SimpleLazyObject(build))

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the groups of the sidebar, which ``navigation`` makes anew for each page.

        Unfold would copy the groups deeply, and look for callbacks of each link: none has any.
        """
        return navigation(request)
