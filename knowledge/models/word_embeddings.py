"""A table of word embeddings that stays in its file: only the rows of words that occur come into memory.

A multilingual encoder has 250,000 of them, which are most of its weights, and a community uses a few thousand. It
imports torch, so import it late.
"""

from __future__ import annotations

import torch
from torch import nn

WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"
"""The table's name in the file of an encoder of BERT's architecture."""


class MappedWordEmbeddings(nn.Module):
    """Looks up rows of a table of V words × H numbers that safetensors mapped from its file, and converts only these.

    The table is not part of the state, and stays in the precision of the file.
    """

    def __init__(self, table: torch.Tensor, dtype: torch.dtype) -> None:
        super().__init__()
        # As a buffer it would be converted, and so read whole, wherever the model's precision is set.
        self._table = table
        self._dtype = dtype

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Return the rows of B × T ids, as B × T × H."""
        return nn.functional.embedding(input_ids, self._table).to(self._dtype)
