"""Printed tickets and vouchers: PDF documents with QR codes, for the page of a booking."""
