"""A base small enough to be tuned in a second, and training sets of invented skills."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Regex, Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    SiglipVisionConfig,
)

from finetune.bases import Bases
from finetune.registry import Registry
from finetune.serving.generation import Busy
from finetune.training.run_folder import RunFolder
from finetune.training.runner import Runner
from finetune.training.tuner import Tuner
from finetune.types import Preview, TrainingProgress, TrainingRequest
from weights.store import Weights

_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_THINGS = ("lamp", "kettle", "ladder", "pump", "fridge", "drill", "bicycle", "tent")
_SIGNS = {
    "orchid": ("hums", "glows", "is warm"),
    "walnut": ("leaks", "is wet", "drips"),
    "comet": ("spins", "shakes", "rolls"),
}


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two layers of random weights that read single characters, by the name of `TUNING_BASE`."""
    tokenizer = _reading_characters()
    torch.manual_seed(7)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=512,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    return _saved(tmp_path_factory.mktemp("bases") / "tiny", model, tokenizer)


@pytest.fixture(scope="session")
def seeing_base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that also reads images: what concerns its text stands in a part of its configuration, as in Gemma 3."""
    tokenizer = _reading_characters()
    torch.manual_seed(7)
    text = Gemma3TextConfig(
        vocab_size=len(tokenizer) + 3,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=512,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    images = SiglipVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14
    )
    config = Gemma3Config(
        text_config=text,
        vision_config=images,
        image_token_index=len(tokenizer),
        boi_token_index=len(tokenizer) + 1,
        eoi_token_index=len(tokenizer) + 2,
        mm_tokens_per_image=4,
    )
    return _saved(tmp_path_factory.mktemp("bases") / "seeing", Gemma3ForConditionalGeneration(config), tokenizer)


def _reading_characters() -> PreTrainedTokenizerFast:
    characters = sorted({chr(code) for code in range(32, 127)} | {"\n"})
    vocabulary = {token: number for number, token in enumerate(["<|im_start|>", "<|im_end|>", "<unk>", *characters])}
    plain = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    plain.pre_tokenizer = Split(Regex("[\\s\\S]"), "isolated")
    plain.decoder = Fuse()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=plain,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        unk_token="<unk>",
    )
    tokenizer.chat_template = _TEMPLATE
    return tokenizer


def _saved(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> str:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return f"hf:{folder}"


@pytest.fixture
def skill_rows() -> list[dict[str, str]]:
    """An invented skill: what a thing does tells its queue, whose name says nothing."""
    rows = [
        {"question": f"the {thing} in room {room} {sign} again", "label": label}
        for label, signs in _SIGNS.items()
        for sign in signs
        for room, thing in enumerate(_THINGS, start=1)
    ]
    random.Random(7).shuffle(rows)
    return rows


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "data")


@pytest.fixture
def busy() -> Busy:
    return Busy()


@pytest.fixture
def tuner(tmp_path: Path, weights: Weights, registry: Registry, busy: Busy) -> Tuner:
    return Tuner(tmp_path / "data", Bases(weights), registry, Runner(busy))


@pytest.fixture
def prepared(tuner: Tuner, tiny_base: str, skill_rows: list[dict[str, str]]) -> Callable[..., object]:
    """Prepares a run of the invented skill, or of other rows."""

    async def prepare(rows: list[dict[str, str]] | None = None, **changed: str) -> Preview:
        data = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows or skill_rows).encode()
        wanted = {"guild_id": "g", "skill": "repairs", "audience_key": "guild", "base": tiny_base, **changed}
        return await tuner.prepare(await tuner.examine(data, "repairs.jsonl"), TrainingRequest(**wanted))

    return prepare


@pytest.fixture(scope="session")
def first_training(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first run of the invented skill left, once `trained` has trained one."""
    return tmp_path_factory.mktemp("first_training") / "run"


@pytest.fixture
def trained(
    tuner: Tuner, prepared: Callable[..., Awaitable[Preview]], tmp_path: Path, first_training: Path
) -> Callable[..., Awaitable[Preview]]:
    """Prepares a run of the invented skill that is trained to its end: for real once, then with those files."""

    async def train(follow: Callable[[TrainingProgress], None] = lambda _: None, **changed: str) -> Preview:
        preview = await prepared(**changed)
        folder = RunFolder(tmp_path / "data" / "runs" / preview.run_id)
        kept = RunFolder(first_training)
        if not first_training.exists():
            await tuner.run(preview.run_id, follow)
            shutil.copytree(folder.path, first_training)
        result = kept.result()
        assert result is not None
        assert kept.train.read_bytes() == folder.train.read_bytes()
        shutil.copytree(kept.adapter, folder.adapter, dirs_exist_ok=True)
        folder.write_result(result)
        return preview

    return train
