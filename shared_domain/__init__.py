"""The business rules of Portico in plain Python, imported by Django and FastAPI alike.

Only the standard library and two libraries for contact data are imported here. A feature is a
folder, entered by its ``__init__``. ``database`` is the connection that each half provides, and
``run_now`` runs a service without an event loop.
"""
