"""Django's PostgreSQL backend with a pool that hands out no dead sessions, waits with a bound and
keeps room for reads; it finds out what became of a COMMIT whose answer was lost.

``base`` is what Django looks for (its manual, "Subclassing the built-in database backends").
"""
