"""Refusals of exports."""

from shared_domain.refusals import Refused


class ExportCursorUnknown(Refused):
    """The partner has no such booking, after which the export was to continue."""
