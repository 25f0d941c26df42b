"""A sentence encoder on this machine, as LangChain's Embeddings.

Knows a prepared model folder; doesn't know where that came from, nor what is done with the vectors.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from weights.errors import BrokenFolderError
from weights.folder_record import read_record
from weights.torch_setup import configure_torch

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

_BATCH_TOKENS = 4096
"""Texts of a batch times the longest one's tokens: bounds the memory, and keeps batches of short texts large."""
_CACHED_QUERIES = 256


class LocalEmbeddings(Embeddings):
    """Mean-pooled, L2-normalised vectors; queries and passages get the prefixes that the model was trained with.

    The model loads at the first use. One text or batch is encoded at a time.
    """

    def __init__(self, folder: Path, threads: int = 2) -> None:
        """`folder` is prepared by `weights`. Raises BrokenFolderError when it can't be used."""
        prepared = read_record(folder)
        if prepared.embedding is None:
            raise BrokenFolderError(folder, f"it holds {prepared.title}, which is not an embedding model")
        self._folder = folder
        self._threads = threads
        self._usage = prepared.embedding
        self._name = f"{prepared.name}:{'+'.join(sorted(prepared.sources.values()))[:12]}"
        self._dimension = prepared.embedding.dimension
        self._encoder: _Encoder | None = None
        self._working = threading.Lock()
        self._queries: OrderedDict[str, list[float]] = OrderedDict()
        self._remembering = threading.Lock()

    @property
    def model_name(self) -> str:
        """The model and the beginning of its file's hash: vectors of different names don't compare."""
        return self._name

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a passage, in their order. Blocks."""
        return self._encode([self._usage.passage_prefix + text for text in texts])

    def embed_query(self, text: str) -> list[float]:
        """The question's vector. Blocks, except where the same question was asked lately."""
        with self._remembering:
            known = self._queries.get(text)
            if known is not None:
                self._queries.move_to_end(text)
                return list(known)
        vector = self._encode([self._usage.query_prefix + text])[0]
        with self._remembering:
            self._queries[text] = vector
            if len(self._queries) > _CACHED_QUERIES:
                self._queries.popitem(last=False)
        return list(vector)

    def _encode(self, texts: list[str]) -> list[list[float]]:
        if not texts:
            return []
        with self._working:
            if self._encoder is None:
                self._encoder = _load(self._folder, self._usage.max_tokens, self._threads)
            return self._encoder.encode(texts)


@dataclass(frozen=True, slots=True)
class _Encoder:
    """The loaded model."""

    tokenizer: Tokenizer
    model: PreTrainedModel

    def encode(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in their order."""
        token_ids = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        vectors: list[list[float]] = [[]] * len(texts)
        for batch in _batches([len(ids) for ids in token_ids]):
            for index, vector in zip(batch, self._forward([token_ids[index] for index in batch]), strict=True):
                vectors[index] = vector
        return vectors

    def _forward(self, token_ids: list[list[int]]) -> list[list[float]]:
        import torch

        longest = max(len(ids) for ids in token_ids)
        # The mask hides what fills the shorter rows, so any id serves.
        inputs = torch.tensor([ids + [0] * (longest - len(ids)) for ids in token_ids])
        mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in token_ids])
        with torch.inference_mode():
            states: torch.Tensor = self.model(input_ids=inputs, attention_mask=mask).last_hidden_state.float()
            weights = mask.unsqueeze(-1)
            means = (states * weights).sum(dim=1) / weights.sum(dim=1)
            vectors: list[list[float]] = torch.nn.functional.normalize(means, dim=1).tolist()
        return vectors


def _load(folder: Path, max_tokens: int, threads: int) -> _Encoder:
    from tokenizers import Tokenizer
    from transformers import AutoModel

    dtype = configure_torch(threads)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    model = AutoModel.from_pretrained(folder, dtype=dtype, local_files_only=True, add_pooling_layer=False)
    return _Encoder(tokenizer, model.eval())


def _batches(lengths: list[int]) -> list[list[int]]:
    """Indices of texts of about the same length, so that little is computed on padding. Longest first."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    batches: list[list[int]] = []
    start = 0
    while start < len(order):
        size = max(1, _BATCH_TOKENS // max(1, lengths[order[start]]))
        batches.append(order[start : start + size])
        start += size
    return batches
