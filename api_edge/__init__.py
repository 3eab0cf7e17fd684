"""The edge: a FastAPI application that answers partners, and the reverse proxy before Django.

Every request from outside arrives here. Start reading at ``app.py``.
"""
