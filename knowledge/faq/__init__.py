"""Keeps the answers that moderators write: added, edited, removed and imported from files."""
