"""The base of every history table that django-pghistory makes: its rows have 64-bit ids."""

import pghistory.models
from django.db import models


class Event(pghistory.models.Event):
    """One version of a tracked row; ``PGHISTORY_BASE_MODEL`` in the settings names this class.

    django-pghistory's own key has 32 bits. At 100 reservations a second, with a version of the
    booking and of each of its tickets, it overflows within three months, and then no booking can
    be written. The class is called Event because django-pghistory names the tables after it.
    """

    pgh_id = models.BigAutoField(primary_key=True)

    class Meta:
        abstract = True
