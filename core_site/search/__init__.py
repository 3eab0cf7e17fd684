"""The search box of the admin: finds bookings by names, contacts, references, codes and ids.

The database keeps the terms of every booking (``migrations/terms.sql``), whichever half writes it;
``shared_domain.search`` asks for them. See ``core_site/search/README.md``.
"""
