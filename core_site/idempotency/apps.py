from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "core_site.idempotency"
    label = "idempotency"
