"""Webhooks in Django: the tables, the worker's sending, and the staff's pages.

models     endpoints, their queue, deliveries and attempts (rules: ``shared_domain/webhooks``)
sending    the task of every worker that delivers webhooks, and its HTTP client
jobs       purge the log, and e-mail partners about disabled endpoints
"""
