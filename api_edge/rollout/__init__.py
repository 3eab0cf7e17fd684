"""The moving parts: which half answers a request, and how the other one is held against it.

::

    door ──▶ own, stages          what this process can answer; what the database says
      │
      ├─ django ───────────────▶ reverse_proxy
      ├─ shadow ── a read ─────▶ reverse_proxy, then second_opinions ─▶ asking ─▶ comparisons
      │        └── a write ────▶ second_opinions: dry run, then reverse_proxy, then compare
      ├─ guarded ─ a read ─────▶ guarded_reads: both at once; the edge's goes out if it agrees
      │        └── a write ────▶ as in shadow
      ├─ canary ── its partner ▶ canary: the edge, with reverse_proxy to fall back on
      │        └── the others ─▶ as in shadow
      └─ edge, retired ────────▶ the edge's own endpoint
         a write of canary, edge ▶ compared_writes: Django's dry run, then the edge, then compare

In ``canary`` and ``edge`` the first calls of a build are guarded (``guard``). ``answering`` gives a
request to one half and counts what comes of it, ``at_once`` compares for whoever may ask for it.
``budgets`` steps an endpoint back, ``findings`` writes down what happened
(``batch`` is what waits), ``recording`` keeps sanitised requests. When two answers are the same
is decided in ``shared_domain.rollout``. ``builds`` knows for which build of the edge, beside
which release of the site, each comparison speaks.
"""
