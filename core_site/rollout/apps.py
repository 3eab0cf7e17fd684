from django.apps import AppConfig
from django.db.models.signals import post_migrate


class EndpointsConfig(AppConfig):
    """The app of the rollout; its label is the feature's former name.

    The label is in the names of 14 tables and 5 functions of PostgreSQL, in 91 places of SQL and
    grants, in the content types and permissions of staff roles, in addresses of the admin that
    staff have bookmarked, and in the log of migrations. Another label would rename all of these in
    one step, while processes of the release before still read them as a release rolls out. No
    caller and no page shows it.
    """

    name = "core_site.rollout"
    label = "endpoints"
    verbose_name = "Endpoints"

    def ready(self) -> None:
        from core_site.rollout import checks  # noqa: F401  (registers them)
        from core_site.rollout.effects import create_triggers

        post_migrate.connect(create_triggers, sender=self)
