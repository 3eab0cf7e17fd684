"""The reverse proxy: the edge's HTTP server, and what forwards requests to Django (the upstream).

Which of the two answers a request is decided in ``api_edge/rollout``: its router takes each request
by the stage of its endpoint to the edge's own routes, to this proxy, or to both to compare them.

::

    caller ──▶ strict_http ─────▶ http.request_id ──▶ rollout.router: the endpoint's stage
               HTTP/1.1, limits    X-Request-Id          │            │
                                                         │ django     │ edge
                                                         ▼            ▼
                                                   reverse_proxy   routes of app.py
                                                         │
                                     request_head ──▶ forwarding ──▶ response_head
                                                         │ spool: buffers both bodies
                                                         │ concurrency_limit: slots of Django
                                                         ▼
                                                     upstream: pool of keep-alive connections
                                                         │
                                                         ▼
                                                     Django, or any HTTP server

=================== =============================================================================
worker, server      gunicorn's worker, and uvicorn's server that drains connections in a release
strict_http         uvicorn's HTTP protocol: rejects request smuggling and slow callers
connections         the number of callers' connections, and their slowest rate
framing             absolute-form targets, chunks, HTTP/1.0
limits              every resource limit and its default
trusted_proxies     load balancers whose ``X-Forwarded-…`` headers are believed
reverse_proxy       the ASGI application that forwards, and the bypass past the routes
websockets          WebSockets, message by message
errors              400 to 504 in place of the upstream's response
shared_memory       what all workers count together
=================== =============================================================================

The proxy buffers a whole request body before it contacts the upstream, and reads a response as fast
as the upstream sends it, so that neither slow uploads nor slow downloads hold a thread of Django.

Requests and responses are forwarded unchanged, with these exceptions:

=================== =============================================================================
request line        a target in absolute form becomes path and Host; the version is 1.1
header names        lower case, as in HTTP/2; order and repetitions are kept
hop-by-hop headers  Connection and what it names, Keep-Alive, Proxy-…, TE, Trailer, Upgrade are
                    removed (RFC 9110, section 7.6.1); several Cookie headers become one
caller              X-Forwarded-For, -Proto, -Host and X-Request-Id are set by the proxy
X-Portico-…         is only between edge and Django (``shared_domain/rollout/wire.py``); removed
                    from what callers send and from what they receive
Expect              100-continue is answered by the proxy, which buffers the body first
framing             a body with a length keeps it, any other is chunked; HTTP/1.0 callers get the
                    body unchunked, ended by the end of the connection
reason phrases      the standard one of each status
1xx                 100 is the proxy's own; 102, 103 and other interim responses are dropped
trailers            are dropped, as by most proxies
statuses            200 to 599; another status of the upstream becomes 502
Transfer-Encoding   chunked only: 501 for a caller, 502 for an upstream that sends another
=================== =============================================================================

Without ``worker``, in any other ASGI server, all but ``strict_http`` works too. That server must
not believe ``X-Forwarded-For`` by itself (uvicorn: ``--no-proxy-headers``).

Settings ("Django" stands for any HTTP server at ``DJANGO_URL``):

=============================== =================================================================
DJANGO_URL                      the upstream: ``http://host:port`` or ``unix:///path/of/socket``
PORTICO_SITE_CONNECT_SECONDS    time-out for connecting to it; default 5
PORTICO_SITE_READ_SECONDS       how long either side may be silent within a request; default 60
PORTICO_SITE_STREAM_SECONDS     how long an event stream (SSE) may be silent; default 3600
PORTICO_ENDPOINT_PREFIXES       as in ``/api, /v1``: every path below is an endpoint with a rollout;
                                Django needs the same value; default ``/v1``
PORTICO_EDGE_PREFIX             path prefix of the edge's own ``/docs``, ``/redoc``, ``/health`` and
                                ``/openapi.json``, where Django has its own; default: none
PORTICO_IDENTIFY_CALLER         ``package.module:function``, which returns the caller's name for
                                canaries, pins and evidence; default: the partner of the API key
PORTICO_FOREIGN_DATABASE        ``yes``: Django's data are not in this PostgreSQL; only responses
                                to reads are compared, Django keeps all writes; default ``no``
PORTICO_MOST_WEBSOCKETS         open WebSockets per process; default 512, half per caller
PORTICO_SITE_THREADS            requests that Django handles at once, shared out among the edge's
                                processes; default 8, as ``deploy/up`` runs it; 0: no limit
PORTICO_SITE_SHARE_PERCENT      the most of them for one caller (address, and key); default 50
PORTICO_SITE_WRITES_PERCENT     the most of them for all writes together; default 75
PORTICO_SITE_WAIT_SECONDS       how long a request waits for one before it gets 503; default 5
PORTICO_SITE_MOST_WAITING       how many requests of one process may wait; default 1000
PORTICO_LARGEST_BODY_MEGABYTES  the largest request body for Django; default 2048
PORTICO_LARGEST_LEAD_MEGABYTES  how far a response may be read ahead of its caller; default 256
PORTICO_SPOOL_MEGABYTES         disk for the buffered bodies of one process; default 8192, half of
                                it per caller
PORTICO_SPOOL_FOLDER            where; default: the system's folder for temporary files
PORTICO_KEY_CALLS_PER_SECOND    average rate of one key, or of one named caller; default 100;
                                0: no limit. A key may have a limit of its own
PORTICO_ADDRESS_CALLS_PER_SECOND  average rate of one address, all keys; default 200; 0: no limit
PORTICO_MOST_CONNECTIONS        open connections per process; default 4096, fewer where its file
                                descriptors are fewer. When full, the one idle longest is closed
PORTICO_MOST_CONNECTIONS_OF_ADDRESS  of them, per address that is not a trusted proxy's;
                                default 1024, half of all at most
PORTICO_HEAD_SECONDS            how long a caller may take to send a request head; default 30
PORTICO_GRACE_SECONDS           how long it may take to send a body or to read a response; default
                                20, and one second more for each
PORTICO_SLOWEST_BYTES_PER_SECOND  so many bytes; default 500
PORTICO_BODY_SECONDS            the longest time for a body at any rate; default 3600
PORTICO_REHEARSAL_SECONDS       how long a write may wait for its dry run; default 0.25
PORTICO_PARITY_KEY              signs what edge and Django ask each other, as in ``rollout replay``
                                and for releases; hashes what is compared; Django needs the same
PORTICO_TRUSTED_PROXIES         whose ``X-Forwarded-…`` and ``X-Request-Id`` are believed:
                                ``10.0.0.0/8, 192.0.2.7, unix``; default: none
=============================== =================================================================
"""
