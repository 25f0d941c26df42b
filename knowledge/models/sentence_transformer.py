"""Any sentence encoder in a folder, by the library sentence-transformers, which knows how each wants to be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import EncoderUnusable
from knowledge.models.measured import MeasuredEmbeddings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BATCH = 32


class SentenceTransformerEmbeddings(MeasuredEmbeddings):
    """L2-normalised vectors, with the prompts that the model states for questions and passages."""

    def __init__(self, folder: Path, name: str) -> None:
        """Raises EncoderUnusable: the library is missing, or the folder holds no encoder."""
        try:
            from sentence_transformers import SentenceTransformer  # 6 s
        except ModuleNotFoundError as error:
            raise EncoderUnusable(name, 'install sentence-transformers: pip install "routewise[hf]"') from error
        try:
            self._model: SentenceTransformer = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except Exception as error:  # the library raises almost anything on a folder that is no encoder
            raise EncoderUnusable(name, str(error).partition("\n")[0]) from error
        super().__init__(name)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a passage, in their order. Blocks."""
        if not texts:
            return []
        vectors: list[list[float]] = self._model.encode_document(
            texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        ).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The question's vector. Blocks."""
        vector = self._model.encode_query(text, normalize_embeddings=True, show_progress_bar=False)
        return [float(number) for number in vector]
