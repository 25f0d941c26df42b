from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from knowledge.models.word_embeddings import WORD_EMBEDDINGS, MappedWordEmbeddings


def test_rows_are_those_of_the_file_in_the_precision_asked_for(tmp_path: Path) -> None:
    table = torch.arange(24, dtype=torch.float16).reshape(6, 4) / 7
    save_file({WORD_EMBEDDINGS: table}, tmp_path / "model.safetensors")
    words = MappedWordEmbeddings(load_file(tmp_path / "model.safetensors")[WORD_EMBEDDINGS], torch.float32)
    rows = words(torch.tensor([[5, 0], [2, 2]]))
    assert rows.dtype is torch.float32
    assert torch.equal(rows, table[torch.tensor([[5, 0], [2, 2]])].float())


def test_the_table_is_neither_trained_nor_converted_with_the_model() -> None:
    table = torch.zeros(3, 2, dtype=torch.float16)
    words = MappedWordEmbeddings(table, torch.float32).to(torch.float64)
    assert not list(words.parameters())
    assert not words.state_dict()
    assert words(torch.tensor([1])).dtype is torch.float32
