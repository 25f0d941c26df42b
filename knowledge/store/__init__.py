"""Stores documents, chunks and the keyword index in SQLite, originals on disk, and what is still to be deleted."""
