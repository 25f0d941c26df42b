"""Holds the embedding models and rerankers that the settings can name."""
