#!/usr/bin/env python
"""Django's command line for Portico: ``python core_site/manage.py help``."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    # The repository's folder replaces this one, so that `core_site.bookings` has one name only.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core_site.config.settings")
    execute_from_command_line(sys.argv)
