"""The edge with one more package, which a test writes into a folder and changes there.

The process that forks the workers of a release imports this module, and with it the package as it
is then; all else it has from the process that it is a fork of.
"""

import os
import sys

sys.path.insert(0, os.environ["FOLDER_OF_OTHER_EDGE"])

from other_edge import create_app  # type: ignore[import-not-found]

__all__ = ["create_app"]
