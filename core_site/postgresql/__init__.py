"""Django's PostgreSQL backend with a pool that hands out no dead sessions, and waits with a bound.

``base`` is what Django looks for (its manual, "Subclassing the built-in database backends").
"""
