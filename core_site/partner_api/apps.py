from django.apps import AppConfig


class PartnerApiConfig(AppConfig):
    """The Django app of the endpoints under ``/v1`` that Django serves."""

    name = "core_site.partner_api"
    label = "partner_api"
