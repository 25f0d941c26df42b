"""The adapters on one loaded model, switched for each answer. For one thread at a time, since PEFT keeps one state.

Imports peft, which takes seconds, when the first adapter is used.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from transformers import PreTrainedModel

from finetune.serving.generation_request import AdapterFiles

if TYPE_CHECKING:
    from peft import LoraModel, PeftModel

_KEPT = 4
"""Adapters that stay loaded; one takes tens of megabytes."""


class LoadedAdapters:
    """Switches between the untuned model and its adapters."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model
        self._tuned: PeftModel | None = None
        self._loaded: OrderedDict[str, None] = OrderedDict()

    @contextmanager
    def using(self, adapter: AdapterFiles | None) -> Iterator[None]:
        """While the block lasts the model answers as `adapter`, or, at None, as if it had never been tuned."""
        if adapter is None:
            yield
            return
        layers = self._switched_to(adapter)
        layers.enable_adapter_layers()
        try:
            yield
        finally:
            layers.disable_adapter_layers()

    def _switched_to(self, adapter: AdapterFiles) -> LoraModel:
        name = adapter.sha256
        if self._tuned is None:
            from peft import PeftModel

            # In the base's own number format: fp32 beside bf16 costs a conversion in every layer.
            self._tuned = PeftModel.from_pretrained(
                self._model, str(adapter.folder), adapter_name=name, autocast_adapter_dtype=False
            )
            self._tuned.eval()
        elif name not in self._loaded:
            self._tuned.load_adapter(str(adapter.folder), adapter_name=name, autocast_adapter_dtype=False)
        self._loaded[name] = None
        self._loaded.move_to_end(name)
        self._tuned.set_adapter(name)
        while len(self._loaded) > _KEPT:
            self._tuned.delete_adapter(self._loaded.popitem(last=False)[0])
        return cast("LoraModel", self._tuned.base_model)  # Its annotation is that of any module.
