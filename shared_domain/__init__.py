"""What the business does, once: plain Python that Django and FastAPI both import.

Only the standard library is imported here. A feature is a folder, entered by its
``__init__``; ``database`` and ``run_now`` are the two crossings to the frameworks.
"""
