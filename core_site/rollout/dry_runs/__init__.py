"""Django's dry runs: what a view would answer and write, always rolled back.

In the stages canary and edge the edge does the real write. Before it, the front door asks Django
for a dry run of the same request, and compares answers, rows and events. ``middleware.DryRuns``
carries it out; ``ways_out`` refuses what could not be rolled back.

A view has to allow it, since nothing can take back what a program keeps in its memory or sends
over a connection of another library::

    from core_site.rollout.dry_runs import dry_run_is_safe

    @dry_run_is_safe("it writes to PostgreSQL only; mails are sent on commit")
    class Boats(ModelViewSet): ...

Of a class, it stands for all writing methods of that class itself, not of its subclasses; before a
method, for that method.
"""

from core_site.rollout.dry_runs.opt_in import dry_run_is_safe, opt_in_of

__all__ = ["dry_run_is_safe", "opt_in_of"]
