"""Parity: compare what the edge did with a request with what Django did, field by field.

::

    comparison ──▶ headers, bodies ──▶ values ──▶ alignment                   elements of lists
        │                                 └──▶ scalars, generated_values     new ids, instants
        └──▶ effects                                                         written rows
    confirmation      asks both halves again: a difference, a race, an unstable half, or noise
    rules             how an endpoint's responses may differ, declared beside the endpoint
    redaction         a difference without its values
    anonymise         a request without personal data
    fault_injection   injects a difference, which the comparison must find (the self-test)

Callers enter by ``shared_domain.rollout``.
"""
