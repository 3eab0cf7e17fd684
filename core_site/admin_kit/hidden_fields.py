"""Lists of the admin answer no question about a column that their reader may not see.

Django lets staff filter a list by any of its columns in the address, as in
``?email__startswith=a``, and so find out letter by letter what the page itself hides.
"""

from collections.abc import Sequence

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db import DataError, transaction
from django.db.models import Model
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

from core_site.personal_data import is_hidden, may_see_personal_data

#: Lookups that one request can keep the database busy with for minutes; no filter needs them.
_EXPENSIVE_LOOKUPS = frozenset({"regex", "iregex"})


class HidesFieldsFromLookups:
    """Mixed into every ``ModelAdmin``: personal data only with the permission, secrets never."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        if lookup.rpartition(LOOKUP_SEP)[2] in _EXPENSIVE_LOOKUPS:
            return False
        return not self._reads_hidden(lookup, request) and super().lookup_allowed(
            lookup, value, request
        )

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        return [
            path
            for path in super().get_search_fields(request)
            if not self._reads_hidden(path.lstrip("^=@"), request)
        ]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list; a value in the address that no column can hold is a bad filter.

        Django notices most of them when it builds the query. What only the query itself brings
        to light, such as a year of ten digits or a null character, would be a server error.
        """
        try:
            # A savepoint where a transaction is open, which the error would spoil otherwise.
            with transaction.atomic():
                return super().get_changelist_instance(request)
        except (DataError, OverflowError, ValueError) as problem:
            if not request.GET:
                raise
            raise IncorrectLookupParameters(problem) from problem

    def _reads_hidden(self, path: str, request: HttpRequest) -> bool:
        return reads_hidden(self.model, path, shows_personal_data=may_see_personal_data(request))


def reads_hidden(model: type[Model], path: str, *, shows_personal_data: bool) -> bool:
    """Tell whether ``partner__users__email__startswith`` passes a hidden column on its way."""
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
