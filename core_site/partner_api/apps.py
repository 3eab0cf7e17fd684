from django.apps import AppConfig


class PartnerApiConfig(AppConfig):
    """The endpoints under ``/v1`` that Django answers."""

    name = "core_site.partner_api"
    label = "partner_api"
