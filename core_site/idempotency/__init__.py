"""The table of idempotency records, and their purge; see ``shared_domain/idempotency``."""
