"""Dry runs of Django's views: run a writing request, report its response, and roll it back.

In the stages canary and edge, the edge carries out the real write. Before that it asks Django for
a dry run of the same request, and compares responses, rows and events. ``DryRunMiddleware`` runs
the view; ``ways_out`` blocks what a rollback could not undo.

A view has to allow dry runs, because nothing undoes what a process keeps in memory or sends over
a connection of another library::

    from core_site.rollout.dry_runs import dry_run_is_safe

    @dry_run_is_safe("it writes to PostgreSQL only; mails are sent on commit")
    class Boats(ModelViewSet): ...

On a class, the decorator allows dry runs of all writing methods of that class, but not of its
subclasses; on a method, of that method.
"""

from core_site.rollout.dry_runs.opt_in import dry_run_is_safe, dry_run_reason

__all__ = ["dry_run_is_safe", "dry_run_reason"]
