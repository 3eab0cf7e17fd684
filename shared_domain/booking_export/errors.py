"""Refusals of exports."""

from shared_domain.refusals import Refused


class ExportCursorUnknown(Refused):
    """The booking after which an export is to go on is none of the partner's."""
