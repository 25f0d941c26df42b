"""Measures a registered adapter again, in this process, on its held-out examples or on a file of others.

Edit this file to change what can be measured again; how it is measured is `evaluator.py`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from finetune.bases import Bases
from finetune.data.dataset import from_jsonl, load_dataset
from finetune.data.replay import general_examples
from finetune.errors import OtherLabelsError
from finetune.types import Card, Evaluation, Example, TaskKind


def evaluate_adapter(
    folder: Path, card: Card, bases: Bases, file: Path | None, on_done: Callable[[int, int], None]
) -> Evaluation:
    """Return how the adapter does against its base, on the held-out examples or all of `file`. Blocks for minutes.

    Raises:
        DatasetError, OtherLabelsError, WeightsError, OSError.
    """
    examples = from_jsonl((folder / "held_out.jsonl").read_bytes()) if file is None else _examples_of_file(file, card)
    base = bases.ensure(card.base)

    import torch
    from peft import PeftModel

    from finetune.data.encoding import ChatTokenizer
    from finetune.training.evaluator import EvaluationSet, Evaluator
    from finetune.training.lora import load_base, multiplies_in_bf16

    encoder = ChatTokenizer.of(base.folder, base.title)
    model = PeftModel.from_pretrained(load_base(base.folder, threads=2), str(folder))
    _, general = general_examples(english_only=base.english_only)
    measure = EvaluationSet(
        kind=card.kind,
        held_out=[encoder.encode(example, card.kind) for example in examples],
        answers=[example.completion for example in examples],
        labels=card.labels,
        general=[encoder.encode(example, TaskKind.TEXT) for example in general],
    )
    with torch.autocast(model.device.type, torch.bfloat16, enabled=multiplies_in_bf16(threads=2)):
        return Evaluator(model, encoder, measure, on_done).run()


def _examples_of_file(file: Path, card: Card) -> tuple[Example, ...]:
    dataset = load_dataset(file.read_bytes(), file.name)
    unknown = sorted(set(dataset.labels) - set(card.labels))
    if dataset.kind is not card.kind or unknown:
        raise OtherLabelsError(card.skill, unknown)
    return dataset.examples
