"""Settings of a Django with a few endpoints more, such as shops have: restless, packed, bulky."""

from core_site.config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.rollout.odd_views"
