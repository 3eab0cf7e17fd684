"""The WSGI application of Django: ``gunicorn core_site.config.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

from core_site.rollout.route_registration import register_in_background

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core_site.config.settings")

application = get_wsgi_application()
register_in_background()
