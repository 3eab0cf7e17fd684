"""The search box of the admin: finds bookings by names, contacts, references, codes and ids.

Triggers store the search terms of every booking (``migrations/terms.sql``), whichever half writes
it; ``shared_domain.search`` queries them. See ``core_site/search/README.md``.
"""
