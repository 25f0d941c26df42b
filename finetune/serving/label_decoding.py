"""Lets a model answer with one of a set of labels and nothing else: greedily, along the tree of the labels' tokens.

Imports torch, so it is itself imported only where a model is loaded. Edit this file to change how a label is chosen, or
what counts as its probability.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel


@dataclass(slots=True)
class LabelTree:
    """Holds the labels as a tree of their token ids."""

    label: str | None = None
    """The label that ends at this node; None where none does."""
    branches: dict[int, LabelTree] = field(default_factory=dict)

    @classmethod
    def of(cls, labels: Sequence[str], ids: Sequence[Sequence[int]]) -> LabelTree:
        """Return the tree of `labels`, whose token ids are `ids`."""
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
    """Return the label that the model answers to `prompt`, and its probability among the labels.

    `end` is the token that ends a turn: it competes where one label is the start of another. Where one branch is left,
    the model is not run again. The label is None once `is_stopping`.
    """
    unread = list(prompt)
    node, cache, log_probability = tree, None, 0.0
    while node.branches:
        if is_stopping():
            return None, 0.0
        options = [*node.branches, *([end] if node.label is not None else [])]
        chosen = options[0]
        if len(options) > 1:
            ids = torch.tensor([unread], device=model.device)
            output = model(input_ids=ids, cache=cache, use_cache=True, logits_to_keep=1)
            cache, unread = output.cache, []
            among = torch.log_softmax(output.logits[0, -1, options].float(), dim=-1)
            best = int(among.argmax())
            log_probability += float(among[best])
            chosen = options[best]
            if chosen == end:
                break
        unread.append(chosen)
        node = node.branches[chosen]
    return node.label, math.exp(log_probability)
