"""The OCTO dialect: one file per part of the standard, wired up in ``api_edge/app.py``.

A request's way through this folder::

    route ──▶ asked ──▶ schemas ──▶ wishes ──▶ (the domain) ──▶ render_… ──▶ schemas
    the key    headers   its shape   in the domain's words       the answer, as OCTO writes it
    first
"""
