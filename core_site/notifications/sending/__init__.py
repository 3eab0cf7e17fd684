"""Sending OCTO notifications: a task of every worker, beside that of webhooks.

notifier    the task: writes notifications of new events, claims subscriptions, sends
body        what is sent, in OCTO's shape
writer      stores what was sent to many subscriptions in one transaction
"""
