"""Parity: whether the edge did what Django did, and how a difference is told without its values.

::

    comparing ──▶ headers, bodies ──▶ values, alignment, likeness     status, headers, JSON, text
        │                                  └──▶ generated, spellings    generated ids, same instants
        └──▶ effects                                                  written rows, the outbox
    confirming     asked again: a true difference, a race, or noise
    rules          how an endpoint's answers may differ, declared beside it
    redaction      a difference to be stored;  sanitising: a request to be replayed
    self_test      a difference on purpose, which must be found

Callers enter by ``shared_domain.rollout``.
"""
