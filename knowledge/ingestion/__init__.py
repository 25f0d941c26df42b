"""Turns files into searchable documents: batches, versions, vectors and their reports."""
