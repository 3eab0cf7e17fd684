from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "core_site.events"
    label = "events"
