"""A PDF document as an HTTP response."""

from django.http import HttpResponse

from core_site.documents.page import Document


def pdf_response(document: Document, name: str) -> HttpResponse:
    """Return the document as ``<name>.pdf``, shown by the browser and kept by no cache.

    ``name`` is ASCII and holds no personal data, since it ends up in folders of downloads.
    """
    response = HttpResponse(document.render(), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
