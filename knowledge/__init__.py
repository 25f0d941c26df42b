"""Turns documents into evidence: parsing, chunking, indexing, search, moderators' answers and cited passages."""
