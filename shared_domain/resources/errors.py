"""Refusals of resources.

ResourceRefused
 └── ResourceNotFound    staff
"""

from shared_domain.refusals import RefusedToStaff


class ResourceRefused(RefusedToStaff):
    """A change of what a departure is given that is refused; nothing has changed."""


class ResourceNotFound(ResourceRefused):
    """A resource or a departure that was chosen is gone."""
