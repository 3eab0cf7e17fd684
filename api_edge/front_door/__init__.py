"""The way through the door to the site: what the edge does not serve itself goes on to Django.

::

    caller ──▶ strict_http ──▶ every_request ──▶ routes of app.py ──▶ an endpoint of the edge
               refuses what      gives it an        │ none fits
               two halves        X-Request-Id       ▼
               could read                       pass_through ──▶ site: Django, or any HTTP server
               differently                       request_head    ▲ kept connections
                                                 answer_head ◀───┘

``worker`` is gunicorn's worker with ``strict_http`` in it. Everything else also works behind any
other ASGI server.
"""
