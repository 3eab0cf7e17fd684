"""The sandbox: processes in which dry runs and shadow requests run, with no way out but one.

::

    edge process ──fork, at start──▶ fork server ──fork, on demand──▶ sandbox process
          │                                                              │ one connection,
          └───────── request, time limit ──▶ call_edge ◀── outcome ───────┘ opened before the guard

A dry run is safe by construction, because its process has nothing to write with but the transaction
that is always rolled back (``dry_run.DryRunTransaction``):

- It inherits no connection: the fork server replaces every descriptor it was born with.
- It opens none: ``guard`` refuses pools, sockets, files, threads and programs, by name, so that
  the comparison says which way out an endpoint tried. On Linux the kernel refuses them as well
  (``kernel``), also to libraries written in C.
- It ends with its time limit (SIGALRM), so that an endpoint that blocks holds up no caller, and
  PostgreSQL rolls back what a lost session has done.

There are as many processes as comparisons under way (``shadow_runner.MOST_AT_ONCE``), and none
after a minute without any. ``processes`` runs in the edge process, ``worker`` in the sandbox.
"""
