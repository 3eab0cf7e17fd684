"""``manage.py rollout``: the whole move from a terminal, or from CI.

Each module beside this one is one or a few verbs: it adds them to the command line and returns an
``CommandOutput``, which ``running.py`` prints for people or, with ``--json``, for programs.
"""
