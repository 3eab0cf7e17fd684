"""The same four endpoints with other frameworks: as they teach it, and tuned by hand.

The packages named after a framework are written the way its own documentation teaches. All of them
share ``rules.py``, and the Django ones the queries of ``django_data.py``; what differs is the
framework, its way to turn objects into JSON, and how it reaches the database. None of these keeps
anything between two requests: no documentation of theirs teaches it. ``tuned`` is the other end.
"""
