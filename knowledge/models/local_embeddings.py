"""Embeds texts on this machine: with the pinned models, or with any model that sentence-transformers can load.

Edit it for pooling, prefixes, batches and the cache of questions.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from knowledge.errors import EncoderUnusable
from knowledge.models.shared_tokenizer import cut_to, ending_of, shared_tokenizer
from weights.errors import BrokenFolderError
from weights.folder_record import read_record
from weights.torch_setup import configure_torch

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

_BATCH_TOKENS = 4096
"""Number of texts in a batch times the longest one's tokens: limits memory, and keeps batches of short texts large."""
_CACHED_QUERIES = 256
_BATCH = 32


class LocalEmbeddings(Embeddings):
    """Makes mean-pooled, L2-normalised vectors with the prefixes that the model was trained with.

    The model loads at the first use. One text or batch is encoded at a time.
    """

    def __init__(self, folder: Path, threads: int = 2) -> None:
        """Use the model in `folder`, prepared by `weights`. Raises BrokenFolderError if it cannot be used."""
        prepared = read_record(folder)
        if prepared.embedding is None:
            raise BrokenFolderError(folder, f"it holds {prepared.title}, which is not an embedding model")
        self._folder = folder
        self._threads = threads
        self._usage = prepared.embedding
        self._name = f"{prepared.name}:{'+'.join(sorted(prepared.sources.values()))[:12]}"
        self._dimension = prepared.embedding.dimension
        self._encoder: _Encoder | None = None
        self._encoder_lock = threading.Lock()
        self._queries: OrderedDict[str, list[float]] = OrderedDict()
        self._cache_lock = threading.Lock()

    @property
    def model_name(self) -> str:
        """Return the model and the beginning of its file's hash; vectors of different names are not comparable."""
        return self._name

    @property
    def dimension(self) -> int:
        """Return how many numbers a vector has."""
        return self._dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector for each passage, in their order. Blocks."""
        return self._encode([self._usage.passage_prefix + text for text in texts])

    def embed_query(self, text: str) -> list[float]:
        """Return the question's vector. Blocks, unless the same question was asked recently."""
        with self._cache_lock:
            known = self._queries.get(text)
            if known is not None:
                self._queries.move_to_end(text)
                return list(known)
        vector = self._encode([self._usage.query_prefix + text])[0]
        with self._cache_lock:
            self._queries[text] = vector
            if len(self._queries) > _CACHED_QUERIES:
                self._queries.popitem(last=False)
        return list(vector)

    def _encode(self, texts: list[str]) -> list[list[float]]:
        if not texts:
            return []
        with self._encoder_lock:
            if self._encoder is None:
                self._encoder = _load_encoder(self._folder, self._usage.max_tokens, self._threads)
            return self._encoder.encode(texts)


@dataclass(frozen=True, slots=True)
class _Encoder:
    """Holds the loaded tokenizer and model."""

    tokenizer: Tokenizer
    model: PreTrainedModel
    max_tokens: int

    def encode(self, texts: list[str]) -> list[list[float]]:
        """Return one vector for each text, in their order."""
        ending = ending_of(self.tokenizer)
        token_ids = [cut_to(each.ids, self.max_tokens, ending) for each in self.tokenizer.encode_batch(texts)]
        vectors: list[list[float]] = [[]] * len(texts)
        for batch in _batches_by_length([len(ids) for ids in token_ids]):
            for index, vector in zip(batch, self._forward([token_ids[index] for index in batch]), strict=True):
                vectors[index] = vector
        return vectors

    def _forward(self, token_ids: list[list[int]]) -> list[list[float]]:
        import torch

        longest = max(len(ids) for ids in token_ids)
        # The mask hides the padding of shorter rows, so any id will do.
        inputs = torch.tensor([ids + [0] * (longest - len(ids)) for ids in token_ids])
        mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in token_ids])
        with torch.inference_mode():
            states: torch.Tensor = self.model(input_ids=inputs, attention_mask=mask).last_hidden_state.float()
            weights = mask.unsqueeze(-1)
            means = (states * weights).sum(dim=1) / weights.sum(dim=1)
            vectors: list[list[float]] = torch.nn.functional.normalize(means, dim=1).tolist()
        return vectors


def _load_encoder(folder: Path, max_tokens: int, threads: int) -> _Encoder:
    from transformers import AutoModel

    dtype = configure_torch(threads)
    model = AutoModel.from_pretrained(
        folder, dtype=dtype, local_files_only=True, trust_remote_code=False, add_pooling_layer=False
    )
    _leave_words_in_file(model, folder / "model.safetensors", dtype)
    return _Encoder(shared_tokenizer(folder), model.eval(), max_tokens)


def _leave_words_in_file(model: PreTrainedModel, file: Path, dtype: torch.dtype) -> None:
    """Let an encoder read its word embeddings from its file; those that the file names otherwise stay in memory."""
    from safetensors.torch import load_file

    from knowledge.models.word_embeddings import WORD_EMBEDDINGS, MappedWordEmbeddings

    if file.exists() and (table := load_file(file).get(WORD_EMBEDDINGS)) is not None:
        model.set_input_embeddings(MappedWordEmbeddings(table, dtype))


def _batches_by_length(lengths: list[int]) -> list[list[int]]:
    """Return batches of indices of texts of similar length, longest first, to compute little on padding."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    batches: list[list[int]] = []
    start = 0
    while start < len(order):
        size = max(1, _BATCH_TOKENS // max(1, lengths[order[start]]))
        batches.append(order[start : start + size])
        start += size
    return batches


class SentenceTransformerEmbeddings(Embeddings):
    """Makes L2-normalised vectors with the prompts that the model defines for questions and passages."""

    def __init__(self, folder: Path, name: str) -> None:
        """Load the model. Raises EncoderUnusable: the library is missing, or the folder has no encoder."""
        try:
            from sentence_transformers import SentenceTransformer  # 6 s
        except ModuleNotFoundError as error:
            raise EncoderUnusable(name, 'install sentence-transformers: pip install "routewise[hf]"') from error
        try:
            self._model: SentenceTransformer = SentenceTransformer(
                str(folder), device="cpu", local_files_only=True, trust_remote_code=False
            )
        except Exception as error:  # the library raises almost anything if the folder has no encoder
            raise EncoderUnusable(name, str(error).partition("\n")[0]) from error
        self._name = name
        self._dimension = len(self.embed_query("dimension"))

    @property
    def model_name(self) -> str:
        """Return the model as the setting names it."""
        return self._name

    @property
    def dimension(self) -> int:
        """Return how many numbers a vector has, as measured."""
        return self._dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector for each passage, in their order. Blocks."""
        if not texts:
            return []
        vectors: list[list[float]] = self._model.encode_document(
            texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        ).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Return the question's vector. Blocks."""
        vector = self._model.encode_query(text, normalize_embeddings=True, show_progress_bar=False)
        return [float(number) for number in vector]
