"""Local models that answer, with or without an adapter."""
