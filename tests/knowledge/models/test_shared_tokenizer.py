from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from knowledge.models.shared_tokenizer import cut_to, ending_of, shared_tokenizer


@pytest.mark.parametrize("text", ["", "boats", "Boats are restored here. " * 40, "港灯是一个俱乐部。" * 40])
@pytest.mark.parametrize("most", [8, 64, 512])
def test_a_text_is_cut_where_the_tokenizer_itself_would_cut_it(embedding_folder: Path, text: str, most: int) -> None:
    cutting = Tokenizer.from_file(str(embedding_folder / "tokenizer.json"))
    cutting.enable_truncation(most)
    shared = shared_tokenizer(embedding_folder)
    assert cut_to(shared.encode(text).ids, most, ending_of(shared)) == cutting.encode(text).ids


def test_it_is_loaded_once(embedding_folder: Path) -> None:
    assert shared_tokenizer(embedding_folder) is shared_tokenizer(embedding_folder)
