from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "core_site.payments"
    label = "payments"
