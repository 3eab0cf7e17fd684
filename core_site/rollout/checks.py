"""System check of Django: every API route can be expressed as a path template."""

from django.core.checks import Tags, register
from django.core.checks import Warning as CheckWarning

from core_site.rollout.routes import patterns_without_template


@register(Tags.urls)
def check_route_templates(**_: object) -> list[CheckWarning]:
    """Warn of regular expressions that match more than a path template can express."""
    return [
        CheckWarning(
            f"no path template says what {pattern!r} matches, so the endpoints below it are "
            "missing in the registry and cannot move to the edge",
            hint="Write it with path(), or with groups for all that varies and with ^ and $.",
            id="portico.W002",
        )
        for pattern in patterns_without_template()
    ]
