"""The same endpoints, tuned by hand: what a team gets that spends its time on speed alone.

::

    statements   the SQL, one statement for each read, two for a reservation
    memory       API keys until a notice of their change, products by their revision
    answers      from rows to bytes, with msgspec; what does not change is encoded once
    octo         the four endpoints, on any database of ``databases``
    databases    asyncpg, and psycopg on Django's own connection

    asgi_app, fastapi_app, litestar_app, ninja_urls   thin shells of ``octo``, one per framework

They give the same JSON values and leave the same rows as the edge, and remember what it remembers.
They have no contract for their requests, no refusals with reasons, no request ids, no counters, no
rollout and no idempotency keys. The bare ASGI application is the limit that the edge is held to.
"""
