"""The WSGI application of the Django peers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.peers.django_settings"
application = get_wsgi_application()
