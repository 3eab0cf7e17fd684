"""A file without a name that all processes of one gunicorn share, for ``token_buckets.py``.

The master imports this module before it forks, so that each worker inherits the file, also one that
is started later. Nothing else is in this module: what the master has imported stays as it is when
a worker is started with new code.
"""

import tempfile

COUNTERS = tempfile.TemporaryFile()  # noqa: SIM115
