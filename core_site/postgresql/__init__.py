"""Django's PostgreSQL backend with a checked pool, deadlines and commits of known outcome.

The pool hands out no dead sessions, waits for a limited time and keeps connections for reads. The
outcome of a COMMIT whose answer was lost is looked up. The module is called ``base`` because Django
requires it (its manual, "Subclassing the built-in database backends").
"""
