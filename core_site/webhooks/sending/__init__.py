"""Sending webhooks: a task of every worker, beside the sequencer.

client       HTTPS to public addresses, with bounds on time and size
deliverer    the task: marks endpoints as due, claims them, looks at each
look         one look at an endpoint: reads, signs, sends, stores
"""
