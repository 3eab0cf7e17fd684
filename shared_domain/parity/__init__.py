"""Parity: compare what the edge did with a request with what Django did, field by field.

::

    comparison ──▶ headers, bodies ──▶ values ──▶ alignment, comparison_keys  elements of lists
        │                                 └──▶ scalars, generated_values      new ids, instants
        └──▶ effects                                                         written rows
    confirmation      asks again: a difference, a race, or noise that Django makes itself
    instability       whether a half answers one question in two ways
    rules             how an endpoint's responses may differ, declared beside it
    redaction         a difference without its values;  anonymise: a request without personal data
    fault_injection   a difference on purpose, which the comparison must find

Callers enter by ``shared_domain.rollout``.
"""
