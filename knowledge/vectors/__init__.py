"""Keeps the vectors in Chroma, and runs the Chroma server that owns this data folder."""
