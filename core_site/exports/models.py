"""The record of exports: which staff user took which data out of Portico, and how much."""

from django.db import models

from core_site.admin_kit.viewer_zone import format_instant


class Export(models.Model):
    """One export: a staff user downloaded a list, or a document with a table, starting at ``at``.

    ``filters`` are the list's own, without the search text, which may be a guest's name.
    ``finished_at`` is empty for a download that was aborted or is still running; ``rows`` counts
    those that it had by its end.
    """

    class Kind(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"
        PDF = "pdf", "PDF"

    at = models.DateTimeField(auto_now_add=True)
    by = models.CharField("staff user", max_length=160)
    list = models.CharField(max_length=100)
    kind = models.CharField("format", max_length=8, choices=Kind.choices)
    filters = models.JSONField(default=dict, blank=True)
    is_searched = models.BooleanField("searched", default=False)
    with_personal_data = models.BooleanField(default=False)
    rows = models.PositiveIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("export_list", "Can export lists as CSV and XLSX")]

    def __str__(self) -> str:
        return f"{self.list}, {format_instant(self.at)}"
