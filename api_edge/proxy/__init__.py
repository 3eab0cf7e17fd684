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
lingering_close     delivers a response although its caller is still sending
shutdown            answers requests that wait when this process is about to end
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

Settings are fields with a description and their environment variable: resource limits in
``limits``, the upstream's address and time-outs, prefixes and keys in ``api_edge/settings.py``.
"""
