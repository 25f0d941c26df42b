"""A stand-in for the sentence encoder: hashed bags of terms, so that texts that share words are near."""

from __future__ import annotations

import hashlib
import math

from langchain_core.embeddings import Embeddings

from knowledge.ports import TextEmbeddings
from text.index_terms import question_terms


class HashingEmbeddings(Embeddings):
    """Deterministic and instant; remembers what it was asked to embed."""

    def __init__(self, model_name: str = "hashing", dimension: int = 256) -> None:
        self.model_name = model_name
        self.dimension = dimension
        self.embedded: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded.extend(texts)
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = [0.0] * self.dimension
        for term in question_terms(text) or [""]:
            digest = hashlib.sha256(term.encode()).digest()
            vector[int.from_bytes(digest[:4], "big") % self.dimension] += 1.0
        length = math.hypot(*vector)
        return [number / length for number in vector]


_CONFORMS: type[TextEmbeddings] = HashingEmbeddings
