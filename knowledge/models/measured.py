"""What an encoder that nobody pinned tells of itself: the name in the setting, and a dimension that is measured."""

from __future__ import annotations

from langchain_core.embeddings import Embeddings


class MeasuredEmbeddings(Embeddings):
    """Call the constructor last: it asks for one vector."""

    def __init__(self, name: str) -> None:
        """Raises what `embed_query` raises."""
        self._name = name
        self._dimension = len(self.embed_query("dimension"))

    @property
    def model_name(self) -> str:
        """As it stands in the setting."""
        return self._name

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._dimension
