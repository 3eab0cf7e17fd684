"""The subcommands of ``manage.py rollout``: move endpoints from a terminal, or from CI.

Each module adds one or two subcommands and returns a ``CommandOutput``, which the command prints
for people or, with ``--json``, for programs.
"""
