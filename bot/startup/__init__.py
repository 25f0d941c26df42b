"""Builds the bot from its settings: the composition root and what loads behind it."""
