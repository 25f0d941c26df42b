"""From a question to evidence: dense and keyword retrieval, fusion and what is made of the hits."""
