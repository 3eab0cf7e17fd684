"""Weather in Django: the table of the cache, and the worker's jobs on it."""
