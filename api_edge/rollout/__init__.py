"""The rollout: decides by stage whether Django or the edge answers, and compares the two.

::

    router ──▶ edge_endpoints      the endpoints that this process implements
      │    ──▶ stage_cache         every endpoint's stage, as the database says
      │    ──▶ routes              the stage decision, a pure function: who answers, how compared
      ▼
    call ─────▶ dispatch           sends it to Django (reverse proxy), to the edge, or to a canary
                canary             the edge's response is buffered; Django answers if it fails
                shadowed_calls     reads are compared afterwards, writes by a dry run of the edge
                compared_writes    writes that the edge answers, by a dry run of Django
                guarded_reads      new builds: both are asked at once, and the edge must agree
                on_demand          replays: the verdict stands in response headers

    shadowing ──▶ observations, confirmation_rounds, sandbox   asks the other side in the background
    comparator ─▶ read_verdicts, findings_recorder             decides the verdict, and records it

``guard`` says which builds are unproven, ``builds`` which build a response comes from.
``error_budgets`` rolls an endpoint back to Django, ``request_recorder`` keeps sanitised requests
for ``rollout replay``. When two responses are the same is decided in ``shared_domain.parity``;
bytes are forwarded by ``api_edge.proxy``. A shop of its own starts in ``standalone``.
"""
