"""Alembic migrations of a record; run by khronika.record.store, never by hand."""
