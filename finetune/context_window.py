"""How many tokens a model reads at once. Edit it when a family of models states this in yet another place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedConfig


def context_tokens(config: PreTrainedConfig) -> int | None:
    """The longest prompt and answer together that the model takes; None where its configuration states no limit.

    A model that also reads images keeps what concerns its text in a part of its configuration (Gemma 3, Qwen2.5-VL);
    some older ones have another name for it, which transformers knows.
    """
    limit = getattr(config.get_text_config(), "max_position_embeddings", None)
    return None if limit is None else int(limit)


def context_tokens_of(folder: Path) -> int | None:
    """The same, of a model folder. Imports transformers."""
    from transformers import AutoConfig

    return context_tokens(AutoConfig.from_pretrained(folder, local_files_only=True))
