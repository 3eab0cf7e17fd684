"""Payments of guests in the admin: a booking's ledger, its dialogs, and refunds due."""
