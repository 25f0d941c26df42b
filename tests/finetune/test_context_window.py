"""How many tokens a model reads, wherever its configuration says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage
from transformers import BloomConfig, GPT2Config, LlamaConfig, PreTrainedConfig, Qwen2_5_VLConfig

from finetune.bases import Bases, context_tokens
from finetune.errors import PromptTooLongError
from finetune.serving.local_model import LocalChatModel
from finetune.training.run_folder import RunFolder
from finetune.training.tuner import Tuner
from finetune.types import Preview
from weights.store import Weights


def test_a_base_that_also_reads_images_has_the_context_of_its_text_part(weights: Weights, seeing_base: str) -> None:
    assert Bases(weights).ensure(seeing_base).context_tokens == 512


async def test_a_model_that_also_reads_images_answers_and_refuses_what_is_too_long(seeing_base: str) -> None:
    model = LocalChatModel(folder=Path(seeing_base.removeprefix("hf:")), shown_as="seeing", max_new_tokens=4)
    try:
        answer = await model.ainvoke([HumanMessage("hello")])
        assert answer.usage_metadata is not None
        assert answer.usage_metadata["output_tokens"] >= 1
        with pytest.raises(PromptTooLongError) as refused:
            await model.ainvoke([HumanMessage("long " * 200)])
        assert refused.value.context_tokens == 512
    finally:
        await asyncio.to_thread(model.close)


async def test_a_model_that_also_reads_images_is_tuned(
    tuner: Tuner, prepared: Callable[..., Awaitable[Preview]], seeing_base: str, tmp_path: Path
) -> None:
    preview = await prepared(base=seeing_base)
    folder = RunFolder(tmp_path / "data" / "runs" / preview.run_id)
    plan = folder.plan()
    steps = plan.total_steps // plan.recipe.epochs
    folder.write_plan(replace(plan, recipe=replace(plan.recipe, epochs=1), total_steps=steps))
    await tuner.run(preview.run_id, lambda progress: None)
    assert (await tuner.finish(preview.run_id)).card.steps == steps


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        (LlamaConfig(max_position_embeddings=700), 700),
        (GPT2Config(n_positions=600), 600),
        (Qwen2_5_VLConfig(text_config={"max_position_embeddings": 800}, vision_config={}), 800),
        (BloomConfig(), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_family_says_it_in_its_own_place_or_not_at_all(config: PreTrainedConfig, tokens: int | None) -> None:
    assert context_tokens(config) == tokens
