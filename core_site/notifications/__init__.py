"""OCTO notifications in Django (rules: ``shared_domain/notifications``).

models     subscriptions, and the queue of each
"""
