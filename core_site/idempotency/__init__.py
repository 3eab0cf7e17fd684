"""The table of idempotency records (see ``shared_domain/idempotency``), and its purge."""
