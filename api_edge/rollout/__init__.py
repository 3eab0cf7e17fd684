"""The rollout: decides by stage whether Django or the edge answers, and compares the two.

::

    router ──▶ edge_endpoints      the endpoints that this process implements
      │    ──▶ stage_cache         every endpoint's stage, as the database says
      │    ──▶ routes              the stage decision, a pure function: who answers, how compared
      ▼
    call ─────▶ dispatch           sends it to Django (reverse proxy), to the edge, or to a canary
                canary             the edge's response is buffered; Django answers if it fails
                shadowed_calls     reads are compared afterwards, writes by a dry run before them
                guarded_reads      new builds: both are asked at once, and the edge must agree
                on_demand          replays: the verdict stands in response headers

    shadow_runner                  bounds what is asked in the background
    read_comparisons ──▶ confirmation_rounds, sandbox      asks the other side, until it is certain
    write_comparisons ─▶ edge_dry_runs, django_dry_runs    compares a dry run with the real write
    comparator ────────▶ read_verdicts, findings_recorder  decides the verdict, and records it

``guard`` says which builds are unproven, ``builds`` which build a response comes from.
``error_budgets`` rolls an endpoint back to Django, ``request_recorder`` keeps sanitised requests
for ``rollout replay``. When two responses are the same is decided in ``shared_domain.parity``;
bytes are forwarded by ``api_edge.proxy``. A shop of its own starts in ``standalone``.
"""
