"""Where Django's answers under ``/v1`` may differ from the edge's, each with its reason.

Both answer with the same problem, status and fields at fault. Django's messages and the names of
its rules are REST framework's, which reports no types of values.
"""

from shared_domain.rollout import Match, Rule, Rules

#: For every endpoint whose views in ``core_site/partner_api`` validate with REST framework.
REST_FRAMEWORKS_WORDS = Rules(
    rules=(
        Rule(
            path="/detail",
            match=Match.IGNORED,
            reason="a sentence for people: REST framework's, or the edge's",
        ),
        Rule(
            path="/errors/*/message",
            match=Match.IGNORED,
            reason="a sentence for people: REST framework's, or the edge's",
        ),
        Rule(
            path="/errors/*/rule",
            match=Match.IGNORED,
            reason="Django reports REST framework's error codes, the edge the names it documents",
        ),
        Rule(
            path="/errors/*/given",
            match=Match.IGNORED,
            reason="REST framework does not tell the type of the value that was sent",
        ),
    )
)
