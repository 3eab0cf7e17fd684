"""Usage: counts the calls of each API key, and lists the last that were refused.

recorder        ``UsageRecorder``: counts in memory without waiting, writes in batches
pending_usage   what waits to be written, bounded however many keys call or however often
"""
