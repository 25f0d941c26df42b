"""Model files by content: fetched, verified, turned into an ordinary folder once."""
