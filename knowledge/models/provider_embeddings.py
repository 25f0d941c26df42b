"""Embeds texts with a provider's model, through LangChain's factory. Edit it for what a provider's client needs."""

from __future__ import annotations

from typing import Any

from langchain_core.embeddings import Embeddings
from pydantic import SecretStr

from knowledge.errors import EncoderUnreachable, EncoderUnusable

_NO_KEY = "none"
"""A placeholder for a self-hosted server that needs no key, because the client insists on one."""


class ProviderEmbeddings(Embeddings):
    """Embeds with a model named `provider:model`. Texts leave this machine, unless the server is self-hosted."""

    def __init__(self, name: str, base_url: str | None, api_key: SecretStr | None) -> None:
        """Connect, and request one vector to learn the dimension. Raises EncoderUnusable, EncoderUnreachable."""
        from langchain.embeddings import init_embeddings

        options: dict[str, Any] = {} if base_url is None else {"base_url": base_url}
        if api_key is not None:
            options["api_key"] = api_key.get_secret_value()
        elif base_url is not None:
            options["api_key"] = _NO_KEY
        if name.startswith("openai:") and base_url is not None:
            # Otherwise it sends token ids of its own vocabulary, which other servers don't know.
            options["check_embedding_ctx_length"] = False
        try:
            self._model: Embeddings = init_embeddings(name, **options)
        except Exception as error:  # each provider's constructor raises its own errors
            raise EncoderUnusable(name, str(error).partition("\n")[0].rstrip(".")) from error
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
        """Return one vector for each passage, in their order. Blocks and retries. Raises EncoderUnreachable."""
        try:
            return self._model.embed_documents(texts) if texts else []
        except Exception as error:  # the boundary to clients of any kind; the cause is chained
            raise EncoderUnreachable(self._name, str(error).partition("\n")[0]) from error

    def embed_query(self, text: str) -> list[float]:
        """Return the question's vector. Blocks and retries. Raises EncoderUnreachable."""
        try:
            return self._model.embed_query(text)
        except Exception as error:  # the boundary, as above
            raise EncoderUnreachable(self._name, str(error).partition("\n")[0]) from error
