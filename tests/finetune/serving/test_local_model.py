"""What only a model folder does: labels and their probabilities. The rest is in tests/contracts/test_chat_models.py."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from finetune.serving.local_model import LocalChatModel
from finetune.types import LABEL_PROBABILITY
from weights.errors import BrokenFolderError


def test_a_folder_that_was_not_prepared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenFolderError, match="Delete it"):
        LocalChatModel(folder=tmp_path)


async def test_a_label_tells_how_probable_it_is_among_all_labels(small_model_folder: Path) -> None:
    labels = ("boat-damage", "boat-damage-report", "keys")
    choosing = LocalChatModel(folder=small_model_folder, labels=labels)
    try:
        asked = [HumanMessage("The key of the shed is gone.")]
        among_all = await choosing.ainvoke(asked)
        alone = await choosing.model_copy(update={"labels": (among_all.text,)}).ainvoke(asked)
    finally:
        await asyncio.to_thread(choosing.close)
    assert among_all.text in labels
    assert 1 / 4 <= among_all.response_metadata[LABEL_PROBABILITY] < 1
    assert alone.response_metadata[LABEL_PROBABILITY] == 1.0


def test_all_but_one_in_twenty_right_labels_reach_the_threshold() -> None:
    from finetune.training.evaluator import label_threshold

    sure = [0.5 + number / 100 for number in range(40)]
    assert label_threshold([1.0] * 40, sure) == pytest.approx(0.51)
    assert label_threshold([0.0, 1.0, 1.0], [0.1, 0.7, 0.8]) == pytest.approx(0.7)
    assert label_threshold([0.0, 0.0], [0.9, 0.9]) is None
