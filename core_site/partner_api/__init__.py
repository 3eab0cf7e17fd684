"""The endpoints under ``/v1`` that Django answers, written with REST framework.

Start at ``urls.py``. Each view checks the key, then the request's shape, and calls a service of
``shared_domain`` where there is one; every error is an RFC 9457 problem.

In five places these views are stricter than REST framework's defaults, because each default answers
with another status, which partners would notice when an endpoint changes hands and which no parity
rule can declare (``api_edge/v1/django_differences.py`` has what they may differ in):

====================================== ============================ ===============================
request                                REST framework's default     here, as at the edge
====================================== ============================ ===============================
``"age": "30"``                        takes it for 30              422, ``StrictIntegerField``
a field or parameter it does not know  ignores it                   422, ``StrictSerializer``
a body above 1 MiB                     reads all of it              413, ``BoundedJSONParser``
``Accept`` without JSON                406                          JSON, ``AlwaysJson``: the recipe
                                                                    of its guide, *Content
                                                                    negotiation*
a chunked body                         takes it for an empty one    reads it, ``take_chunked_body``
====================================== ============================ ===============================
"""
