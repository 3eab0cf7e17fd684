"""PDF documents on A4, all in one style: tickets, vouchers, manifests, statements.

::

    document = Document("Manifest", subtitle="Sunset kayak", sender=load_sender())
    document.facts([("Departure", "2026-07-14 09:30 Europe/Lisbon"), ("Guests", "11")])
    document.table([DocumentColumn("Guest", 3), DocumentColumn("Balance", 1, align="right")], rows)
    return pdf_response(document, "manifest-2026-07-14")

=========  ======================================================================
page       ``Document``: headings, facts, tables, QR codes
paper      A4 pages with a header and a footer
style      distances and colours
text       which characters the fonts have, and what stands for the others
qr_codes   what a QR code of a ticket holds, and the code in what was scanned
response   ``pdf_response``: a PDF as a download that no cache keeps
fonts/     DejaVu Sans, with its licence
=========  ======================================================================
"""

from core_site.documents.page import Document, DocumentColumn, Sender, load_sender
from core_site.documents.qr_codes import qr_code_content, scanned_code, unwrap_code
from core_site.documents.response import pdf_response

__all__ = [
    "DocumentColumn",
    "Document",
    "Sender",
    "load_sender",
    "pdf_response",
    "qr_code_content",
    "scanned_code",
    "unwrap_code",
]
