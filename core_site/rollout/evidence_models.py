"""The models of a rollout's evidence: counters, comparisons, differences and noise.

Evidence belongs to a build, holds no value that is not declared public, and expires
(``retention``).
"""

from django.db import models

from shared_domain import rollout
from shared_domain.rollout import BEFORE_BUILDS, LONGEST_CALLER_NAME, LONGEST_RELEASE


def unique(name: str, *fields: str) -> list[models.BaseConstraint]:
    return [models.UniqueConstraint(fields=fields, name=name)]


class Build(models.Model):
    """A build of the edge with a release of Django, and when an edge last reported the pair.

    All evidence belongs to a build; build 0 stands for releases of Portico that had no builds.
    """

    #: As in ``Endpoint``.
    upstream = models.CharField(max_length=100, default="", blank=True, db_column="site")
    edge = models.CharField(max_length=64)
    release = models.CharField(max_length=LONGEST_RELEASE)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    #: When Django last reported this release; None while the edge only assumes it.
    heard_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-last_seen_at", "-id"]
        constraints = unique("build_is_one", "upstream", "edge", "release")

    @property
    def short(self) -> str:
        return rollout.Build(self.upstream, self.edge, self.release).short


def _build() -> models.ForeignKey[Build, Build]:
    """Return the foreign key of a row to its build; the previous release of Portico writes 0."""
    return models.ForeignKey(
        Build,
        models.DO_NOTHING,
        # Rows of the previous release refer to build 0, which does not exist.
        db_constraint=False,
        db_index=False,
        default=BEFORE_BUILDS,
        db_default=BEFORE_BUILDS,  # type: ignore[arg-type]  # a key, as for the column itself
        related_name="+",
    )


class EdgeCalls(models.Model):
    """Counts the calls that the edge answered while Django could have, by stage and build."""

    endpoint = models.ForeignKey("endpoints.Endpoint", models.CASCADE, related_name="edge_calls")
    build = _build()
    #: Identifies the stage: that of the endpoint which began at this time.
    stage_since = models.DateTimeField()
    calls = models.PositiveBigIntegerField(default=0)
    #: Calls of canaries that the edge failed and Django answered.
    fell_back = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "edge calls"
        constraints = unique("edge_calls_are_counted_once", "endpoint", "build", "stage_since")


class GuardedClass(models.Model):
    """Counts the guarded calls that agreed, by status class and build."""

    endpoint = models.ForeignKey("endpoints.Endpoint", models.CASCADE, related_name="guarded")
    build = _build()
    #: The hundreds of the status.
    status_class = models.PositiveSmallIntegerField()
    #: Undecided calls take some back; below 0 only before the first agreement.
    matched = models.IntegerField(default=0)
    #: Agreements from before a difference do not count.
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "guarded classes"
        constraints = unique("guarded_class_is_one", "endpoint", "build", "status_class")


class SelfTest(models.Model):
    """The outcome of a build's last self-test: whether an injected difference was found."""

    endpoint = models.ForeignKey("endpoints.Endpoint", models.CASCADE, related_name="self_tests")
    build = _build()
    at = models.DateTimeField()
    passed = models.BooleanField()

    class Meta:
        constraints = unique("self_test_is_one", "endpoint", "build")


class EndpointHour(models.Model):
    """Counts the calls and comparisons of an hour; times are sums of milliseconds."""

    endpoint = models.ForeignKey("endpoints.Endpoint", models.CASCADE, related_name="hours")
    hour = models.DateTimeField()
    django_calls = models.PositiveBigIntegerField(default=0)
    django_errors = models.PositiveBigIntegerField(default=0)
    django_ms = models.FloatField(default=0)
    edge_calls = models.PositiveBigIntegerField(default=0)
    edge_errors = models.PositiveBigIntegerField(default=0)
    edge_ms = models.FloatField(default=0)
    #: Calls of canaries that the edge failed and Django answered.
    fell_back = models.PositiveBigIntegerField(default=0)
    matched = models.PositiveBigIntegerField(default=0)
    mismatched = models.PositiveBigIntegerField(default=0)
    unstable = models.PositiveBigIntegerField(default=0, db_default=0)
    undecided = models.PositiveBigIntegerField(default=0)
    unavailable = models.PositiveBigIntegerField(default=0, db_default=0)
    #: Not compared: no time or no room for it, too large, encoded in a way that cannot be undone
    #: here, or not finished within its budget.
    dropped = models.PositiveBigIntegerField(default=0)
    too_large = models.PositiveBigIntegerField(default=0)
    unreadable = models.PositiveBigIntegerField(default=0, db_default=0)
    abandoned = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-hour"]
        constraints = unique("hour_is_one", "endpoint", "hour")


class ParityCheck(models.Model):
    """A comparison of the edge's response with Django's, or the reason why there was none.

    ``verdict`` is one of ``wire.Verdict``; a status of 0 means that there was no response.
    """

    endpoint = models.ForeignKey("endpoints.Endpoint", models.CASCADE, related_name="checks")
    at = models.DateTimeField()
    #: As in ``Pin``; a partner may go while its comparisons stay until they expire.
    partner_id = models.CharField(max_length=LONGEST_CALLER_NAME, null=True)
    request_id = models.UUIDField()
    verdict = models.CharField(max_length=16)
    django_status = models.PositiveSmallIntegerField()
    edge_status = models.PositiveSmallIntegerField()
    django_ms = models.FloatField()
    edge_ms = models.FloatField()
    #: What the call stands for, as ``shared_domain.rollout.coverage`` writes it.
    covers = models.TextField(default="", db_default="")
    build = _build()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["endpoint", "build", "at"], name="parity_of_build"),
            models.Index(fields=["endpoint", "at"], name="parity_of_endpoint"),
            models.Index(fields=["at"], name="parity_by_age"),
        ]


class CountedDifference(models.Model):
    """Abstract model: how often something differed, when, and an example without personal data."""

    count = models.PositiveBigIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    example_request_id = models.UUIDField()
    example = models.JSONField()

    class Meta:
        abstract = True


class Difference(CountedDifference):
    """A path and a kind at which the two halves differ, counted over all builds."""

    endpoint = models.ForeignKey("endpoints.Endpoint", models.CASCADE, related_name="differences")
    #: As in ``/items/*/price``.
    path = models.TextField()
    kind = models.CharField(max_length=16)

    class Meta:
        ordering = ["-count", "path"]
        constraints = unique("difference_is_grouped", "endpoint", "path", "kind")


class BuildDifference(CountedDifference):
    """A difference, counted for one build: a build of the edge with a release of Django."""

    # A table of its own, since processes of the previous release only count in ``Difference``.
    difference = models.ForeignKey(Difference, models.CASCADE, related_name="by_build")
    build = _build()

    class Meta:
        ordering = ["-count", "difference__path"]
        constraints = unique("difference_is_grouped_by_build", "difference", "build")


class Noise(models.Model):
    """A path at which two simultaneous responses of Django differ from one another."""

    endpoint = models.ForeignKey("endpoints.Endpoint", models.CASCADE, related_name="noise")
    path = models.TextField()
    kind = models.CharField(max_length=16)
    learned_at = models.DateTimeField()

    class Meta:
        ordering = ["path"]
        verbose_name_plural = "noise"
        constraints = unique("noise_is_one", "endpoint", "path", "kind")


class BuildNoise(models.Model):
    """Noise learned with one build; differences at its path are ignored for some hours."""

    noise = models.ForeignKey(Noise, models.CASCADE, related_name="by_build")
    build = _build()
    learned_at = models.DateTimeField()

    class Meta:
        ordering = ["noise__path"]
        verbose_name_plural = "noise of builds"
        constraints = unique("noise_is_one_by_build", "noise", "build")


class Recording(models.Model):
    """An anonymised request, to be replayed against both halves; one of each kind is stored."""

    endpoint = models.ForeignKey("endpoints.Endpoint", models.CASCADE, related_name="recordings")
    at = models.DateTimeField()
    #: One per endpoint: the same kind of request is not kept twice.
    fingerprint = models.CharField(max_length=32)
    status = models.PositiveSmallIntegerField()
    target = models.TextField()
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True)
    answer = models.JSONField(null=True)

    class Meta:
        ordering = ["endpoint", "status", "id"]
        constraints = unique("recording_is_one", "endpoint", "fingerprint")
