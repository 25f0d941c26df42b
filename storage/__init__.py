"""Stores SQLite databases and whole files safely, for every package."""
