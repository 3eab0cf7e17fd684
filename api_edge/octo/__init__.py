"""The OCTO dialect: one module per part of the standard, registered in ``api_edge/app.py``.

A request's way through this folder::

    route ────▶ capabilities ──▶ schemas ────▶ to_domain ──▶ (a service) ──▶ render_… ──▶ schemas
    key, body   headers          validation    a request                     a response

    A refusal of the service becomes an error response in ``refusals`` and ``problems``.
"""
