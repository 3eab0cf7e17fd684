"""The front door: who answers a request, and the way through it to the site behind.

::

    caller ──▶ strict_http ──▶ every_request ──▶ moving: the endpoint's stage
               connections:      gives it an        │            │
               how many, how     X-Request-Id       │ django     │ edge
               slow; refuses                        ▼            ▼
               what two halves                 reverse_proxy    routes of app.py
               could read differently               │
                                                request_head ──▶ site: Django, or any HTTP server
                                                exchange ──▶ spool ──▶ upstream_threads
                                answer_head  ◀── kept connections

A body is taken in whole before the site hears of the request, and an answer is taken from the site
at once, so that neither a slow sender nor a slow reader holds one of the site's threads.

What the door changes; all else is handed on byte for byte, in both directions:

=================== =============================================================================
request line        the target in absolute form becomes path and Host; the version is 1.1
header names        in lower case, as HTTP/2 writes them; order and repetitions stay
headers of one      Connection and what it names, Keep-Alive, Proxy-…, TE, Trailer, Upgrade are
connection          taken off (RFC 9110, section 7.6.1); several Cookie become one
who calls           X-Forwarded-For, -Proto, -Host and X-Request-Id are the door's own
X-Portico-…         stay between door and site: whether a call is only compared, and the site's
                    release; whatever a caller or an answer says there is taken off
Expect              100-continue is answered by the door, which takes the body in first
framing             a body with a length keeps it, any other is chunked; HTTP/1.0 callers get the
                    body plain, and the end of the connection is its end
reason phrases      the standard ones of the status
1xx                 100 is the door's own; 102, 103 and other interim answers are not handed on
trailers            are read and left out, as most proxies do
statuses            200 to 599; anything else of the site is 502
Transfer-Encoding   chunked only: 501 for a caller, 502 for a site that sends another
WebSockets          are handed on message by message: see ``websockets``
=================== =============================================================================

``worker`` is gunicorn's worker with ``strict_http`` in it. Everything else also works in any other
ASGI server, which then must not believe ``X-Forwarded-For`` by itself (``--no-proxy-headers``).

=============================== =================================================================
DJANGO_URL                      the site: ``http://host:port`` or ``unix:///path/of/socket``
PORTICO_SITE_CONNECT_SECONDS    how long it may take to accept a connection; default 5
PORTICO_SITE_READ_SECONDS       how long either side may keep silent in mid-request; default 60
PORTICO_SITE_STREAM_SECONDS     how long an event stream of the site may be silent; default 3600
PORTICO_ENDPOINT_PREFIXES       as in ``/api, /v1``: below these paths every address is an endpoint
                                that can move; the site needs the same; default ``/v1``
PORTICO_EDGE_PREFIX             stands before the edge's own ``/docs``, ``/redoc``, ``/health`` and
                                ``/openapi.json``, where the site has its own; default: nothing
PORTICO_IDENTIFY_CALLER         ``package.module:function``, which names the caller of a request for
                                canaries, pins and evidence; default: the partner of the API key
PORTICO_FOREIGN_DATABASE        ``yes``: the site's data are not in this PostgreSQL; only answers of
                                reads are compared, and writes stay with the site; default ``no``
PORTICO_MOST_WEBSOCKETS         open WebSockets of one process; default 512, half for one caller
PORTICO_SITE_THREADS            requests that the site works on at once, shared out by the edge's
                                processes; default 8, as ``deploy/up`` runs it; 0: no limit
PORTICO_SITE_SHARE_PERCENT      what one caller (address, and key) has of them at most; default 50
PORTICO_SITE_WRITES_PERCENT     what all writes together have of them at most; default 75
PORTICO_SITE_WAIT_SECONDS       how long a request waits for one before it gets 503; default 5
PORTICO_SITE_MOST_WAITING       how many of one process may wait; default 1000
PORTICO_LARGEST_BODY_MEGABYTES  the largest body for the site; default 2048
PORTICO_LARGEST_LEAD_MEGABYTES  what one answer may be ahead of its caller; default 256
PORTICO_SPOOL_MEGABYTES         bodies and answers of one process on disk; default 8192, half of it
                                for one caller at most
PORTICO_SPOOL_FOLDER            where; default: the system's folder for temporary files
PORTICO_KEY_CALLS_PER_SECOND    calls of one key, or of one caller whom the shop names, in the long
                                run; default 100; 0: no limit. A key may have a limit of its own
PORTICO_ADDRESS_CALLS_PER_SECOND  calls from one address, with any key; default 200; 0: no limit
PORTICO_MOST_CONNECTIONS        open connections of one process; default 4096, less where its file
                                descriptors are fewer. When full, the one idle longest is closed
PORTICO_MOST_CONNECTIONS_OF_ADDRESS  of them, those of one address that is no trusted proxy's;
                                default 1024, half of all at most
PORTICO_HEAD_SECONDS            how long a caller may take for a head; default 30
PORTICO_GRACE_SECONDS           how long it may take for a body, or for reading an answer; default
                                20, and a second more for each
PORTICO_SLOWEST_BYTES_PER_SECOND  of these; default 500
PORTICO_BODY_SECONDS            the most for a body, however steady; default 3600
PORTICO_REHEARSAL_SECONDS       how long a write may wait for its rehearsal; default 0.25
PORTICO_PARITY_KEY              hashes what is compared, and lets ``rollout replay`` ask the door
                                and the door the site for its release; the site needs the same
PORTICO_TRUSTED_PROXIES         whose ``X-Forwarded-…`` and ``X-Request-Id`` are believed:
                                ``10.0.0.0/8, 192.0.2.7, unix``; default: nobody's
=============================== =================================================================
"""
