"""Shared memory of all workers of one gunicorn: an unnamed file for ``token_buckets.py``.

The master imports this module before it forks, so that each worker inherits the file, also one
started later. The module holds nothing else: code that the master has imported is not renewed in
the workers of a new release.
"""

import tempfile

COUNTERS = tempfile.TemporaryFile()  # noqa: SIM115
