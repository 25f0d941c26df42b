"""The network of the reader: one encoder over question and passage, and five heads. Edit it for another architecture.

It starts from the pinned multilingual sentence encoder and shares its embeddings and lowest layers, which are neither
trained nor shipped. It imports torch, so import it late.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import BertConfig, BertModel

from knowledge.models.word_embeddings import WORD_EMBEDDINGS, MappedWordEmbeddings

SHARED_LAYERS = 4
"""The lowest layers of the sentence encoder, which stay as they are: a third less to train, and to ship."""
_SHARED = ("encoder.embeddings.", *(f"encoder.encoder.layer.{layer}." for layer in range(SHARED_LAYERS)))


def is_shared(parameter: str) -> bool:
    """Return whether the parameter of that name comes from the sentence encoder and is never trained."""
    return parameter.startswith(_SHARED)


class Relation(IntEnum):
    """How a passage relates to a statement, or to a question that asks for yes or no."""

    SUPPORTED = 0
    CONTRADICTED = 1
    NEITHER = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """The heads' raw outputs for a batch of B pairs of at most T tokens."""

    start: torch.Tensor
    """Logits of the answer's first token, B × T; the first token of the pair stands for "not in here"."""
    end: torch.Tensor
    """Logits of the answer's last token, B × T."""
    evidence: torch.Tensor
    """Logits of a token being part of a sentence that answers, B × T."""
    answerable: torch.Tensor
    """Logits of the passage holding what is asked, B."""
    relation: torch.Tensor
    """Logits of each `Relation`, B × 3."""


class ReadingNetwork(nn.Module):
    """BERT with a head for the answer's span, one for its sentences, one for "not in here" and one for relations."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        size = config.hidden_size
        self.span = nn.Linear(size, 2)
        self.evidence = nn.Linear(size, 1)
        self.answerable = _PooledHead(size, 1)
        self.relation = _PooledHead(size, len(Relation))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, passage_mask: torch.Tensor) -> Reading:
        """Read B pairs of T tokens; `passage_mask` is 1 where a token belongs to the passage. The outputs are fp32."""
        states: torch.Tensor = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        start, end = self.span(states).float().unbind(dim=-1)
        # The sentence encoder was trained on means: its first token alone says little.
        weights = passage_mask.to(states.dtype).unsqueeze(-1)
        mean = (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)
        pooled = torch.cat([states[:, 0], mean], dim=-1)
        return Reading(
            start,
            end,
            self.evidence(states).float().squeeze(-1),
            self.answerable(pooled).float().squeeze(-1),
            self.relation(pooled).float(),
        )


class _PooledHead(nn.Module):
    """Two layers on the state of the first token, and the mean state of the passage's tokens."""

    def __init__(self, size: int, outputs: int) -> None:
        super().__init__()
        self.inner = nn.Linear(2 * size, size)
        self.outer = nn.Linear(size, outputs)

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        pooled: torch.Tensor = self.outer(torch.tanh(self.inner(state)))
        return pooled


def untrained(embedding_folder: Path, dtype: torch.dtype = torch.float32) -> ReadingNetwork:
    """Return the network with the sentence encoder's weights and random heads; its word embeddings stay in their file.

    Raises ValueError: the folder does not hold the encoder.
    """
    # It sees every example once, so nothing has to keep it from learning them by heart.
    config = BertConfig.from_pretrained(
        embedding_folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, vocab_size=2
    )
    network = ReadingNetwork(config)
    weights = load_file(embedding_folder / "model.safetensors")
    words = weights.pop(WORD_EMBEDDINGS)
    network.encoder.embeddings.register_module("word_embeddings", MappedWordEmbeddings(words, dtype))
    missing, unexpected = network.encoder.load_state_dict(weights, strict=False)
    if missing or unexpected:
        raise ValueError(f"{embedding_folder} does not hold the encoder: {[*missing, *unexpected]}")
    for name, parameter in network.named_parameters():
        parameter.requires_grad = not is_shared(name)
    return network.to(dtype)
