"""Sending webhooks: a task of every worker, beside the sequencer.

client       HTTPS to public addresses, with bounds on time and size
deliverer    the task: marks endpoints as due, claims them, starts a run for each
delivery_run one run of an endpoint: reads, signs, sends, stores
"""
