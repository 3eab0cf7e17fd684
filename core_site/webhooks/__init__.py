"""Webhooks in Django: the tables, the worker's sending, and the staff's pages.

models     endpoints, their queue, deliveries and attempts (rules: ``shared_domain/webhooks``)
sending    the task of every worker that delivers; and the HTTP client of it
jobs       the log is purged, and partners are told of endpoints that were disabled
"""
