"""The same four endpoints, written the way each framework's own documentation teaches.

All of them share ``rules.py``, and the Django ones the queries of ``django_data.py``; what differs
is the framework, its way to turn objects into JSON, and how it reaches the database. None keeps
anything between two requests: no documentation of theirs teaches it.
"""
