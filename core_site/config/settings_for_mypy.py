"""Django's settings for mypy's plugin, which imports models and settings but opens no database."""

import os

os.environ.setdefault("DATABASE_URL", "postgresql://127.0.0.1/types")
os.environ.setdefault("PORTICO_SECRET_KEY", "only for types")

from core_site.config.settings import *  # noqa: F403
