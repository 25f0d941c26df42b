"""A provider's embedding model, by LangChain's own factory. Knows of each provider only what they all share."""

from __future__ import annotations

from typing import Any

from langchain_core.embeddings import Embeddings
from pydantic import SecretStr

from knowledge.errors import EncoderUnreachable, EncoderUnusable

_NO_KEY = "none"
"""What a client is given where a server of one's own asks for no key: it insists on one."""


class ProviderEmbeddings(Embeddings):
    """`provider:model`. Passages and questions leave this machine, unless the server is one's own."""

    def __init__(self, name: str, base_url: str | None, api_key: SecretStr | None) -> None:
        """Asks for one vector, to know the dimension. Raises EncoderUnusable, EncoderUnreachable."""
        from langchain.embeddings import init_embeddings

        options: dict[str, Any] = {} if base_url is None else {"base_url": base_url}
        if api_key is not None:
            options["api_key"] = api_key.get_secret_value()
        elif base_url is not None:
            options["api_key"] = _NO_KEY
        if name.startswith("openai:") and base_url is not None:
            # Else it sends token ids of its own vocabulary, which other servers do not know.
            options["check_embedding_ctx_length"] = False
        try:
            self._model: Embeddings = init_embeddings(name, **options)
        except Exception as error:  # each provider's constructor raises what it likes
            raise EncoderUnusable(name, str(error).partition("\n")[0].rstrip(".")) from error
        self._name = name
        self._dimension = len(self.embed_query("dimension"))

    @property
    def model_name(self) -> str:
        """The model as the setting names it."""
        return self._name

    @property
    def dimension(self) -> int:
        """How many numbers a vector has, as measured."""
        return self._dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a passage, in their order. Blocks; the client retries by itself. Raises EncoderUnreachable."""
        try:
            return self._model.embed_documents(texts) if texts else []
        except Exception as error:  # the boundary to clients of any kind; the cause is chained
            raise EncoderUnreachable(self._name, str(error).partition("\n")[0]) from error

    def embed_query(self, text: str) -> list[float]:
        """The question's vector. As above."""
        try:
            return self._model.embed_query(text)
        except Exception as error:  # as above
            raise EncoderUnreachable(self._name, str(error).partition("\n")[0]) from error
