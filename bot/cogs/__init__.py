"""Cogs: they translate Discord events into calls, and nothing more."""
