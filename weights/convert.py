"""`python -m weights.convert FORM FILE FOLDER`: writes the ordinary model folder of one verified file.

`prepare` runs this as a child process. GGUF is converted here; edit this file when another form is pinned, or another
family of chat models.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from weights.types import Form

if TYPE_CHECKING:
    import gguf
    import torch
    from transformers import PreTrainedModel

_ROWS_AT_ONCE = 4096


def convert(form: Form, file: Path, folder: Path) -> None:
    """Write the model, its configuration and its tokenizer into `folder`, which exists and is empty."""
    match form:
        case Form.GGUF:
            convert_gguf(file, folder)
        case Form.E5_Q4:
            from weights.e5_conversion import convert_e5

            convert_e5(file, folder)
        case Form.FOLDER | Form.GGUF_FILE:
            raise ValueError("A folder needs no conversion.")


def convert_gguf(file: Path, folder: Path) -> None:
    """Write the configuration, model.safetensors (bf16) and the tokenizer of a GGUF file into `folder`.

    transformers can do this in one call, which takes 3.1 GB and twice the time for the larger chat model: it reads the
    vocabulary three times, keeps all of it beside the tensors, and builds the table of names again for each module.
    """
    import gguf
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    # Each reading of a vocabulary takes seconds, and this process reads one file only.
    gguf.GGUFReader = cache(gguf.GGUFReader)  # type: ignore[misc, assignment]
    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name, trust_remote_code=False).save_pretrained(folder)
    config = AutoConfig.from_pretrained(file.parent, gguf_file=file.name, trust_remote_code=False)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16, trust_remote_code=False)  # type: ignore[no-untyped-call]
    # Dequantised, because 4-bit weights can neither be saved as safetensors nor be trained.
    model.load_state_dict(_dequantised_tensors(gguf.GGUFReader(str(file)), model), strict=False, assign=True)
    model.tie_weights()
    missing = [name for name, parameter in model.named_parameters() if parameter.is_meta]
    if missing:
        raise ValueError(f"{file.name} lacks {', '.join(missing)}")
    model.save_pretrained(folder)


def _dequantised_tensors(reader: gguf.GGUFReader, model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Return every tensor in bf16 by its name in the model, the largest first: in fp32 they take most of the memory."""
    import torch
    from transformers.modeling_gguf_pytorch_utils import TENSOR_PROCESSORS, TensorProcessor

    reader.fields.clear()  # of the vocabulary: a million arrays of one word each
    names = _model_names(model)
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
    """Return the values in fp32; some rows at a time, because gguf's own function needs twice the memory."""
    from gguf import dequantize

    values = np.empty(tuple(reversed(tensor.shape.tolist())), np.float32)
    for start in range(0, len(values), _ROWS_AT_ONCE):
        values[start : start + _ROWS_AT_ONCE] = dequantize(
            tensor.data[start : start + _ROWS_AT_ONCE], tensor.tensor_type
        )
    return values


def _model_names(model: PreTrainedModel) -> dict[str, str]:
    """Return each parameter's name in the model by its name in the file."""
    from gguf import MODEL_ARCH_NAMES, get_tensor_name_map

    architecture = next(kind for kind, name in MODEL_ARCH_NAMES.items() if name == model.config.model_type)
    in_file = get_tensor_name_map(architecture, model.config.num_hidden_layers)
    names = {in_file.get_name(name, (".weight", ".bias")): name for name in model.state_dict()}
    return {file_name: name for file_name, name in names.items() if file_name is not None}


if __name__ == "__main__":
    convert(Form(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
