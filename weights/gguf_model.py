"""Reads a GGUF file and writes it as an ordinary model folder in bf16, with its tokenizer.

transformers can do this in one call, which takes 3.1 GB and twice the time for the larger chat model: it reads the
vocabulary three times, keeps all of it beside the tensors, and builds the table of names anew for each module.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import gguf
    import torch
    from transformers import PreTrainedModel

_ROWS = 4096


def convert_gguf(file: Path, folder: Path) -> None:
    """Write the configuration, model.safetensors (bf16) and the tokenizer into `folder`."""
    import gguf
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    # Each reading of a vocabulary takes seconds, and this process reads one file only.
    gguf.GGUFReader = cache(gguf.GGUFReader)  # type: ignore[misc, assignment]
    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).save_pretrained(folder)
    config = AutoConfig.from_pretrained(file.parent, gguf_file=file.name)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)  # type: ignore[no-untyped-call]
    # Dequantised, because 4-bit weights can neither be saved as safetensors nor be trained.
    model.load_state_dict(_tensors(gguf.GGUFReader(str(file)), model), strict=False, assign=True)
    model.tie_weights()
    missing = [name for name, parameter in model.named_parameters() if parameter.is_meta]
    if missing:
        raise ValueError(f"{file.name} lacks {', '.join(missing)}")
    model.save_pretrained(folder)


def _tensors(reader: gguf.GGUFReader, model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Every tensor in bf16, by the model's name of it. The largest come first: in fp32 they take most of the memory."""
    import torch
    from transformers.modeling_gguf_pytorch_utils import TENSOR_PROCESSORS, TensorProcessor

    reader.fields.clear()  # of the vocabulary: a million arrays of one word each
    names = _names(model)
    kind = TENSOR_PROCESSORS.get(model.config.model_type, TensorProcessor)
    processor = kind(config=model.config.to_dict())  # type: ignore[no-untyped-call]
    tensors: dict[str, torch.Tensor] = {}
    for tensor in sorted(reader.tensors, key=lambda tensor: tensor.n_elements, reverse=True):
        values, name, _ = processor.process(  # type: ignore[no-untyped-call]
            weights=_dequantise(tensor), name=tensor.name
        )
        if name in names:  # llama.cpp adds tensors of its own, such as tables of the rotary embedding
            tensors[names[name]] = torch.tensor(values, dtype=torch.bfloat16)
    return tensors


def _dequantise(tensor: gguf.ReaderTensor) -> npt.NDArray[np.float32]:
    """In fp32; some rows at a time, because gguf's own function needs twice the memory."""
    from gguf import dequantize

    values = np.empty(tuple(reversed(tensor.shape.tolist())), np.float32)
    for start in range(0, len(values), _ROWS):
        values[start : start + _ROWS] = dequantize(tensor.data[start : start + _ROWS], tensor.tensor_type)
    return values


def _names(model: PreTrainedModel) -> dict[str, str]:
    """From the file's name of a parameter to the model's."""
    from gguf import MODEL_ARCH_NAMES, get_tensor_name_map

    architecture = next(kind for kind, name in MODEL_ARCH_NAMES.items() if name == model.config.model_type)
    in_file = get_tensor_name_map(architecture, model.config.num_hidden_layers)
    names = {in_file.get_name(name, (".weight", ".bias")): name for name in model.state_dict()}
    return {name: ours for name, ours in names.items() if name is not None}
