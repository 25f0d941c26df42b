"""Finds evidence for a question: dense and keyword retrieval, fusion, reranking, near duplicates, contradictions."""
