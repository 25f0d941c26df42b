"""Runs LangChain's EnsembleRetriever on the product's own chunks, as a bot with the ready-made part would have it.

The chunks and the dense ranking are handed in, so nothing is embedded twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from text.index_terms import indexable

ID = "id"


class _Nearest(BaseRetriever):
    """The dense arm, of which the ranking for each question is known already."""

    ranked: dict[str, list[Document]]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return self.ranked[query]


class Ensemble:
    """BM25Retriever and the dense ranking, fused with LangChain's defaults: equal weights, c = 60.

    English is cut as BM25Retriever does by default, at spaces. That would leave Chinese sentences whole, so it is cut
    into the product's own terms.
    """

    def __init__(self, texts: dict[str, str], lang: str, depth: int) -> None:
        """Take `texts` by chunk id, in the form that the product indexes, and `depth` candidates of each retriever."""
        self._documents = {id_: Document(text, metadata={ID: id_}) for id_, text in texts.items()}
        documents = list(self._documents.values())
        bm25 = (
            BM25Retriever.from_documents(documents, k=depth, preprocess_func=_terms)
            if lang == "zh"
            else BM25Retriever.from_documents(documents, k=depth)
        )
        self._nearest = _Nearest(ranked={})
        self._retriever = EnsembleRetriever(retrievers=[bm25, self._nearest], weights=[0.5, 0.5], id_key=ID)

    def rank(self, question: str, nearest: Sequence[str]) -> list[str]:
        """Return chunk ids, best first, where the dense arm ranked `nearest`."""
        self._nearest.ranked = {question: [self._documents[id_] for id_ in nearest]}
        return [document.metadata[ID] for document in self._retriever.invoke(question)]


def _terms(text: str) -> list[str]:
    return indexable(text).split()
