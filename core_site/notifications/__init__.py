"""OCTO notifications in Django (rules: ``shared_domain/notifications``).

models     subscriptions, the queue of each, notifications and attempts
sending    the task of every worker that sends
admin      the staff's pages: what is sent to whom, and how it goes
jobs       the log is purged, and partners are told of subscriptions that were disabled
"""
