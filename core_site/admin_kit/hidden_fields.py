"""Protect hidden columns: refuse to filter or search a changelist by what the user may not see.

Django lets staff filter a list by any column in the query string. With ``?email__startswith=a``
they could find out, letter by letter, what the page hides.
"""

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, FieldDoesNotExist, ValidationError
from django.core.paginator import InvalidPage
from django.db import DataError, transaction
from django.db.models import Model
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.personal_data import is_hidden, may_see_personal_data

#: Lookups by which one request can keep the database busy for minutes; no filter needs them.
_EXPENSIVE_LOOKUPS = frozenset({"regex", "iregex"})

#: What Django and PostgreSQL raise for a lookup whose value they cannot read, such as one end of
#: a range, a year of ten digits or a null character.
UNREADABLE = (
    IncorrectLookupParameters,
    DataError,
    LookupError,
    OverflowError,
    TypeError,
    ValidationError,
    ValueError,
)


class LookupProtectionMixin(ModelAdminMixin):
    """Mixin of every ``ModelAdmin``: lookups read no secrets, and personal data by permission."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        if lookup.rpartition(LOOKUP_SEP)[2] in _EXPENSIVE_LOOKUPS:
            return False
        return not self._reads_hidden(lookup, request) and super().lookup_allowed(
            lookup, value, request
        )

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [
            path
            for path in super().get_search_fields(request)
            if not self._reads_hidden(path.lstrip("^=@"), request)
        ]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the changelist for the query string of the request.

        Django would show the unfiltered list for a filter that it cannot read, and answer with a
        server error when only PostgreSQL refuses a value, such as a year of ten digits.

        Raises:
            BadRequest: the list has no such parameter, or its column cannot hold the value.
        """
        try:
            # A savepoint where a transaction is open, which the error would spoil otherwise.
            with transaction.atomic():
                return super().get_changelist_instance(request)
        except UNREADABLE as problem:
            # A page behind the last one, whose rows have gone meanwhile, is left to Django.
            if not request.GET or isinstance(problem.__context__, InvalidPage):
                raise
            raise BadRequest("the list knows no such filter, order or page") from problem

    def _reads_hidden(self, path: str, request: HttpRequest) -> bool:
        return reads_hidden(self.model, path, shows_personal_data=may_see_personal_data(request))


def reads_hidden(model: type[Model], path: str, *, shows_personal_data: bool) -> bool:
    """Return whether a lookup (``partner__users__email__startswith``) reads a hidden column."""
    for part in path.split(LOOKUP_SEP):
        try:
            field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist:
            return False  # The rest is a lookup, a transform or a key in JSON.
        if is_hidden(model, field.name, shows_personal_data=shows_personal_data):
            return True
        if field.related_model is None:
            return False
        model = field.related_model
    return False
