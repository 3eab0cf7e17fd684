"""``manage.py endpoints``: the former name of ``manage.py rollout``, kept for one release."""

from typing import Any

from core_site.rollout.management.commands.rollout import Command as RolloutCommand


class Command(RolloutCommand):
    help = "The former name of `manage.py rollout`."

    def handle(self, **options: Any) -> None:
        self.stderr.write("`manage.py endpoints` is now `manage.py rollout`")
        super().handle(**options)
