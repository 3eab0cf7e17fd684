"""OCTO's capability ``octo/notifications``: subscriptions by which partners are told of changes.

endpoints           make, list, read, change and remove subscriptions
schemas             requests, answers, and what is sent to a partner's server
header_encryption   encrypts the headers that partners want to be sent
refusals            OCTO's words about refusals of subscriptions
"""
