"""A worker that carries out one disruption, until it is killed; run as ``python -m``."""

import os
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core_site.config.settings")
    django.setup()
    from core_site.disruptions.jobs import carry_out_disruption

    carry_out_disruption(int(sys.argv[1]))
