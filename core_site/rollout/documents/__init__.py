"""The document of an endpoint, which the admin board and ``manage.py rollout`` both render.

``endpoint`` loads an ``EndpointDocument``, ``facts`` renders it as labelled sentences, and
``as_json`` as the output of ``--json``.
"""
