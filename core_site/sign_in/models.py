from django.db import models


class SignInAttempts(models.Model):
    """The number of sign-in attempts in a window, by account, by address, or by both together."""

    #: Keyed hash of what is counted, so that no table tells who tried from where.
    digest = models.CharField(max_length=64, primary_key=True)
    #: Of what names an account: the digest of the account alone, so that it can be let in again.
    account = models.CharField(max_length=64, blank=True, db_index=True)
    attempts = models.PositiveIntegerField()
    began_at = models.DateTimeField(db_index=True)
