"""``GET /v1/bookings/export``: a partner's bookings as NDJSON or CSV, of any number.

::

    endpoint       the route: filters, format, and one running export for each partner
    schemas        a line of the export, its last line, and the query
    lines          bookings as lines of NDJSON and CSV
    stream         chunks of bytes from one snapshot, and the response that sends them
    documentation  the responses in the OpenAPI document

How an export takes nothing from other calls
    - It has a pool of its own (``app.state.export_pool``) of few connections. A partner
      has one export at a time, whichever process it asks: a lock that ends with its transaction.
    - Bookings are read and written some at a time: other calls are answered between two parts, and
      memory stays flat. Nothing is read ahead of the caller.
    - A snapshot keeps PostgreSQL from cleaning up what was changed since (VACUUM). So it ends after
      ``PORTICO_EXPORT_SECONDS``, after ``MOST_IDLE_SECONDS`` in which the caller takes no bytes,
      and when the caller hangs up. The last line then says where to go on, with a new snapshot.
"""
