"""The tokenizer of an encoder, which all that read with it share: 250,000 pieces take 300 MB and two seconds to load.

Edit it for how a text is cut to what a model reads.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@lru_cache(maxsize=2)
def shared_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer in `folder`, which neither cuts nor pads; whoever gets it must not change it."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def cut_to(ids: list[int], most: int, ending: int) -> list[int]:
    """Return at most so many of a text's ids, with the `ending` special ones that it ends with."""
    return ids if len(ids) <= most else [*ids[: most - ending], *ids[len(ids) - ending :]]


def ending_of(tokenizer: Tokenizer) -> int:
    """Return how many special tokens the tokenizer puts after a text."""
    mask = tokenizer.encode("a").special_tokens_mask
    return len(mask) - 1 - max((at for at, special in enumerate(mask) if not special), default=-1)
