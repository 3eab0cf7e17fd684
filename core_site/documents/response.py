"""A PDF document as an HTTP response."""

from django.http import HttpResponse

from core_site.documents.page import Document


def pdf_response(document: Document, name: str) -> HttpResponse:
    """Return the document as ``<name>.pdf``, which the browser shows and no cache stores.

    ``name`` must be ASCII, without personal data, since the file may be saved to a shared folder.
    """
    response = HttpResponse(document.render(), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
