"""The front door: who answers a request, and the way through it to the site behind.

::

    caller ──▶ strict_http ──▶ every_request ──▶ moving: the endpoint's stage
               refuses what      gives it an        │            │
               two halves        X-Request-Id       │ django     │ edge
               could read                           ▼            ▼
               differently                     pass_through    routes of app.py
                                                request_head ──▶ site: Django, or any HTTP server
                                                answer_head  ◀── kept connections

``worker`` is gunicorn's worker with ``strict_http`` in it. Everything else also works in any other
ASGI server, which then must not believe ``X-Forwarded-For`` by itself (``--no-proxy-headers``).

=============================== =================================================================
DJANGO_URL                      the site: ``http://host:port`` or ``unix:///path/of/socket``
PORTICO_SITE_CONNECT_SECONDS    how long it may take to accept a connection; default 5
PORTICO_SITE_READ_SECONDS       how long either side may keep silent in mid-request; default 60
PORTICO_REHEARSAL_SECONDS       how long a write may wait for its rehearsal; default 0.25
PORTICO_PARITY_KEY              hashes what is compared, and lets ``endpoints replay`` ask the door;
                                the site needs the same
PORTICO_TRUSTED_PROXIES         whose ``X-Forwarded-…`` and ``X-Request-Id`` are believed:
                                ``10.0.0.0/8, 192.0.2.7, unix``; default: nobody's
=============================== =================================================================
"""
