"""The way through the door to the site: what the edge does not serve itself goes on to Django.

::

    caller ──▶ strict_http ──▶ every_request ──▶ routes of app.py ──▶ an endpoint of the edge
               refuses what      gives it an        │ none fits
               two halves        X-Request-Id       ▼
               could read                       pass_through ──▶ site: Django, or any HTTP server
               differently                       request_head    ▲ kept connections
                                                 answer_head ◀───┘

``worker`` is gunicorn's worker with ``strict_http`` in it. Everything else also works in any other
ASGI server, which then must not believe ``X-Forwarded-For`` by itself (``--no-proxy-headers``).

=============================== =================================================================
DJANGO_URL                      the site: ``http://host:port`` or ``unix:///path/of/socket``
PORTICO_SITE_CONNECT_SECONDS    how long it may take to accept a connection; default 5
PORTICO_SITE_READ_SECONDS       how long either side may keep silent in mid-request; default 60
PORTICO_TRUSTED_PROXIES         whose ``X-Forwarded-…`` and ``X-Request-Id`` are believed:
                                ``10.0.0.0/8, 192.0.2.7, unix``; default: nobody's
=============================== =================================================================
"""
