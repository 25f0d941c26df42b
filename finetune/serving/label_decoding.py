"""Lets a model answer with one of a set of labels and nothing else: greedily, along the tree of the labels' tokens.

Imports torch, so it is itself imported only where a model is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel


@dataclass(slots=True)
class LabelTree:
    """The labels by their token ids, from the first on."""

    label: str | None = None
    """The label that ends here."""
    branches: dict[int, LabelTree] = field(default_factory=dict)

    @classmethod
    def of(cls, labels: Sequence[str], ids: Sequence[Sequence[int]]) -> LabelTree:
        """The tree of `labels`, whose token ids are `ids`."""
        root = cls()
        for label, tokens in zip(labels, ids, strict=True):
            node = root
            for token in tokens:
                node = node.branches.setdefault(token, cls())
            node.label = label
        return root


@torch.inference_mode()
def choose_label(
    model: PreTrainedModel,
    prompt: Sequence[int],
    tree: LabelTree,
    end: int,
    is_stopping: Callable[[], bool] = lambda: False,
) -> tuple[str | None, float]:
    """The label that the model says after `prompt`, and the probability of it among the labels.

    `end` is the token that ends a turn: it competes where one label begins another. Where one way is left, nothing
    more is asked of the model. The label is None once `is_stopping`.
    """
    unread = list(prompt)
    node, cache, logarithm = tree, None, 0.0
    while node.branches:
        if is_stopping():
            return None, 0.0
        options = [*node.branches, *([end] if node.label is not None else [])]
        taken = options[0]
        if len(options) > 1:
            ids = torch.tensor([unread], device=model.device)
            output = model(input_ids=ids, cache=cache, use_cache=True, logits_to_keep=1)
            cache, unread = output.cache, []
            among = torch.log_softmax(output.logits[0, -1, options].float(), dim=-1)
            best = int(among.argmax())
            logarithm += float(among[best])
            taken = options[best]
            if taken == end:
                break
        unread.append(taken)
        node = node.branches[taken]
    return node.label, math.exp(logarithm)
