"""Usage of the API by partners' keys, as the edge writes it (see ``shared_domain/usage``).

models     calls by key and hour, and refused calls
jobs       the worker deletes what has expired (``retention``)
panels     "API usage" and "Last refusals" on the page of a partner; ``last_use`` for lists of keys
"""
