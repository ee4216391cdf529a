"""Alembic's migrations: appended, never edited."""
