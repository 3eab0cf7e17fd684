"""FastAPI with SQLAlchemy's async mapper on asyncpg."""
