"""The endpoints under ``/v1`` that Django answers, written with REST framework.

Start at ``urls.py``. Each view checks the key, then the request's shape, and calls a service of
``shared_domain`` where there is one; every error is an RFC 9457 problem.
"""
