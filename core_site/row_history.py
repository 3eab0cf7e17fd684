"""Read the audit trail of a row: old and new values of each change, its actor and its request.

Triggers write the trail (django-pghistory): each version of a row, with a context that names the
staff user, API key or job, and the request. Columns that may hold personal data are excluded, see
``core_site.history``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from typing import Any, TypeAlias

from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Field, ForeignKey, Model

from core_site.admin_kit.money_format import money, per_cent
from core_site.admin_kit.viewer_zone import format_instant, with_zone
from core_site.partners.models import ApiKey
from shared_domain.time_zones import zone

#: A row of an event table; django-pghistory creates the class of each from the tracked model.
Version: TypeAlias = Any

#: Versions of one row that are read at most, the newest first.
VERSIONS_READ = 500

_KINDS = {"insert": "Added", "update": "Changed", "delete": "Deleted"}

#: Stands for an empty value, so that "from nothing" is not read as a missing word.
EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A changed column: its name, its label for staff, and its old and new value as texts."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """The difference between one version of a row and the version before it.

    ``fields`` is empty for a row that was added or deleted. ``version`` is the version itself, a
    row of the model's event table; ``version.pgh_id`` grows with every change of the table.
    """

    at: datetime
    kind: str
    row: str
    fields: tuple[FieldChange, ...]
    who: str
    request_id: str
    version: Version
    #: Why, where it was said.
    note: str = ""


@cache
def find_event_model(model: type[Model]) -> type[Model] | None:
    """Return the event model with the versions of ``model``'s rows; None if it is not tracked."""
    for found in apps.get_models():
        if getattr(found, "pgh_tracked_model", None) is model:
            return found
    return None


def is_tracked(model: type[Model]) -> bool:
    return find_event_model(model) is not None


def load_changes(
    model: type[Model], *, limit: int = VERSIONS_READ, zone_name: str = "", **columns: Any
) -> list[RowChange]:
    """Return the latest ``limit`` changes of the rows with these column values, newest first.

    ``load_changes(Price, pgh_obj_id=7)`` is the history of one price, ``load_changes(Price,
    option_id=3)`` that of all prices an option has or had. Times are formatted in ``zone_name``, or
    else in the viewer's time zone.
    """
    events = find_event_model(model)
    if events is None:
        return []
    newest: list[Version] = list(
        events._base_manager.filter(**columns)
        .select_related("pgh_context")
        .order_by("-pgh_id")[:limit]
    )
    earlier = _versions_before(events, newest)
    names = AuditActors(version.pgh_context for version in newest)
    found: list[RowChange] = []
    for version in reversed(newest):
        before = earlier.get(version.pgh_obj_id)
        earlier[version.pgh_obj_id] = version
        found.append(_change(model, before, version, names, zone_name))
    return found[::-1]


def _versions_before(events: type[Model], newest: Sequence[Version]) -> dict[Any, Version]:
    """Return each row's last version before the oldest of ``newest``, by the row's id."""
    if not newest:
        return {}
    rows = {version.pgh_obj_id for version in newest}
    older = events._base_manager.filter(pgh_obj_id__in=rows, pgh_id__lt=newest[-1].pgh_id)
    last: Iterable[Version] = older.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")
    return {version.pgh_obj_id: version for version in last}


def field_changes(
    model: type[Model], before: Version | None, after: Version, *, zone_name: str = ""
) -> tuple[FieldChange, ...]:
    """Return the tracked columns in which two versions of a row differ.

    ``before`` is None for the first recorded version; the result is empty then.
    """
    if before is None:
        return ()
    return tuple(
        FieldChange(
            field.name,
            _label(field),
            format_value(field, before, zone_name=zone_name),
            format_value(field, after, zone_name=zone_name),
        )
        for field in model._meta.concrete_fields
        if field.name != "id"
        and hasattr(after, field.attname)
        and getattr(before, field.attname) != getattr(after, field.attname)
    )


def format_value(field: "Field[Any, Any]", row: Version, *, zone_name: str = "") -> str:
    """Return a column's value as text for staff: money with its currency, times with their zone."""
    value = getattr(row, field.attname)
    if value is None or value == "" or value == []:
        return EMPTY
    if isinstance(field, ForeignKey):
        related = field.related_model._base_manager.filter(pk=value).first()
        return str(related) if related is not None else f"{field.verbose_name} {value}, removed"
    if field.name.endswith("_minor") and (currency := _find_currency(row)):
        return money(value, currency)
    if field.name.endswith("_basis_points"):
        return f"{per_cent(value)} %"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, ArrayField) and field.base_field.choices:
        titles = dict(field.base_field.flatchoices)
        return ", ".join(str(titles.get(part, part)) for part in value)
    return _in_words(value, zone_name)


def _find_currency(row: Version) -> str:
    """Return the currency of a row's amounts: its own, or for a ticket that of its booking."""
    return getattr(row, "currency", "") or getattr(getattr(row, "booking", None), "currency", "")


class AuditActors:
    """Names the actor of each context of the audit trail: staff, an API key, a link or a job."""

    def __init__(self, contexts: Iterable[Any]) -> None:
        found = [context_metadata(context) for context in contexts]
        self._users = User.objects.in_bulk(
            {metadata["user"] for metadata in found if metadata.get("user")}
        )
        self._keys = ApiKey.objects.defer("digest").in_bulk(
            {metadata["api_key"] for metadata in found if metadata.get("api_key")}
        )

    def name(self, context: Any) -> str:
        """Return ``Staff: rosa``, ``API key: web shop (pk_live_…)``, ``Job: …``, or a dash."""
        metadata = context_metadata(context)
        if metadata.get("user"):
            user = self._users.get(metadata["user"])
            return f"Staff: {user}" if user else "Staff, since removed"
        if metadata.get("api_key"):
            key = self._keys.get(metadata["api_key"])
            return f"API key: {key}" if key else "An API key, since removed"
        if metadata.get("guide_link"):
            return f"Guide's link: {metadata['guide_link']}"
        return f"Job: {metadata['job']}" if metadata.get("job") else "–"


def context_metadata(context: Any) -> Mapping[str, Any]:
    """Return the metadata of a context of the audit trail; empty for a change without context."""
    return context.metadata if context is not None else {}


def _change(
    model: type[Model],
    before: Version | None,
    version: Version,
    names: AuditActors,
    zone_name: str,
) -> RowChange:
    is_change = version.pgh_label == "update"
    return RowChange(
        at=version.pgh_created_at,
        kind=_KINDS.get(version.pgh_label, version.pgh_label),
        row=_row_name(model, version),
        fields=field_changes(model, before, version, zone_name=zone_name) if is_change else (),
        who=names.name(version.pgh_context),
        request_id=str(context_metadata(version.pgh_context).get("request_id") or ""),
        version=version,
    )


def _row_name(model: type[Model], version: Version) -> str:
    """Return the row's name as it was in this version."""
    columns = {
        field.attname: getattr(version, field.attname)
        for field in model._meta.concrete_fields
        if hasattr(version, field.attname)
    }
    try:
        return str(model(**columns))
    except ObjectDoesNotExist:  # What its name is made of was deleted since.
        return f"{model._meta.verbose_name} {version.pgh_obj_id}"


def _label(field: "Field[Any, Any]") -> str:
    # The label shows amounts in major units, so it does not mention that they are stored in minor.
    name = str(field.verbose_name).removesuffix(" minor")
    return name[:1].upper() + name[1:]


def _in_words(value: object, zone_name: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime) and not zone_name:
        return format_instant(value)
    if isinstance(value, datetime):
        clock = zone(zone_name)
        return with_zone(f"{value.astimezone(clock):%Y-%m-%d %H:%M}", clock.key)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, list):
        return ", ".join(_of_list(value, zone_name))
    return str(value)


def _of_list(values: Sequence[object], zone_name: str) -> Iterator[str]:
    for value in values:
        if isinstance(value, dict) and {"from", "to"} <= value.keys():
            yield f"{value['from']}–{value['to']}"
        else:
            yield _in_words(value, zone_name)
