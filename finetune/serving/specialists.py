"""The tuned models that answer: a guild's champions, each on its own base. Implements chains' `SpecialistsPort`.

Edit this file to change how bases are loaded and shared.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from langchain_core.language_models import BaseChatModel

from finetune.bases import Bases
from finetune.registry import Registry
from finetune.serving.generation import AdapterFiles, Busy
from finetune.serving.local_model import LocalChatModel
from finetune.types import Champion


class AudienceReader(Protocol):
    """Describes the member on whose behalf an adapter would answer."""

    def may_read_key(self, audience_key: str) -> bool:
        """Return whether the member may use what has this audience."""
        ...


class LocalSpecialists:
    """Provides tuned models on this machine; a base that is also the chat model is loaded once."""

    def __init__(
        self, registry: Registry, bases: Bases, busy: Busy, max_new_tokens: int, loaded: dict[str, LocalChatModel]
    ) -> None:
        """Take the models that are `loaded` anyway, by the name of their base."""
        self._registry = registry
        self._bases = bases
        self._busy = busy
        self._max_new_tokens = max_new_tokens
        self._shared = frozenset(loaded)
        self._loaded = dict(loaded)
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """A lock for each base, so that the others answer while one is fetched."""
        # A pool of its own, since fetching and loading a base takes minutes.
        self._threads = ThreadPoolExecutor(2, "bases")

    async def champions(self, guild_id: str, reader: AudienceReader) -> Sequence[Champion]:
        """Return one champion a skill, of those that `reader` may use and whose files are unchanged."""
        found = await asyncio.to_thread(self._registry.champions, guild_id)
        return tuple(champion for champion in found if reader.may_read_key(champion.audience_key))

    async def model(self, champion: Champion) -> BaseChatModel:
        """Return the chat model that answers as `champion`.

        Raises:
            AdapterNotRegisteredError, AdapterChangedError, WeightsError.
        """
        folder = await asyncio.to_thread(self._registry.checked_folder, champion)
        base = await self._base(champion.base)
        return base.tuned(AdapterFiles(champion.adapter_sha256, folder), champion.labels)

    async def load(self, base: str) -> None:
        """Load a base before the first question. Raises WeightsError."""
        model = await self._base(base)
        await asyncio.get_running_loop().run_in_executor(self._threads, model.load)

    def close(self) -> None:
        """End the generations on the bases that were loaded here. Blocks briefly."""
        for name, model in self._loaded.items():
            if name not in self._shared:
                model.close()

    async def _base(self, name: str) -> LocalChatModel:
        if name not in self._loaded:
            async with self._opening[name]:
                if name not in self._loaded:
                    self._loaded[name] = await asyncio.get_running_loop().run_in_executor(
                        self._threads, self._opened, name
                    )
        return self._loaded[name]

    def _opened(self, name: str) -> LocalChatModel:
        base = self._bases.ensure(name)
        return LocalChatModel(
            folder=base.folder, shown_as=base.title, max_new_tokens=self._max_new_tokens, busy=self._busy
        )
