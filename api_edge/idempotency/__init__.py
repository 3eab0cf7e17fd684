"""The header ``Idempotency-Key``: a request that is repeated with its key is carried out once.

``header`` reads it, and documents it for every endpoint that writes. ``calls`` hands the call to
the request's transaction, and ``transactions`` is what happens there: the first statement looks for
an earlier call, and the last one stores the answer. ``route.py`` of the dialects keeps the response
for it. The rules are those of ``shared_domain.idempotency``; Django's half has the same in
``core_site/partner_api``.
"""
