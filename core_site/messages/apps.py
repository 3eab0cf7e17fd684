from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "core_site.messages"
    label = "guest_messages"
    verbose_name = "Messages"
