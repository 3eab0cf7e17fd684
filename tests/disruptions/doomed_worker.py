"""A worker that carries out one disruption, until it is killed; run as ``python -m``."""

import os
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core_site.config.settings")
    django.setup()
    from core_site import transactions
    from core_site.disruptions.jobs import carry_out_disruption

    # After the usual wait it would leave out the booking at which it is to be killed.
    transactions.LONGEST_WAIT = "60s"
    carry_out_disruption(int(sys.argv[1]))
