"""What the admin board and ``manage.py rollout`` show of endpoints: one document, rendered by both.

``endpoint`` loads an ``EndpointDocument``, ``facts`` puts it into labelled sentences, and
``as_json`` into what ``--json`` prints.
"""
