"""Reads the 4-bit file of multilingual-e5-small and writes it as an ordinary BERT folder with its tokenizer.

Layout, little-endian: the magic `E5S1`, a version, the sizes, the unigram vocabulary, a map of characters
(unused here: the tokenizer's own normalizers do the same), a directory of tensors, the tensors. A 4-bit
tensor is a row of blocks of 18 bytes: one fp16 scale, then 32 weights, the low nibbles first, each less 8
and times the scale. Edit this file only when another packed e5 file is pinned.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

_MAGIC = b"E5S1"
_BLOCK_WEIGHTS = 32
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (_BLOCK_WEIGHTS // 2,))])
_DTYPE_F32 = 0

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Sizes:
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    pieces: list[tuple[str, float]]
    bos: int
    eos: int
    pad: int
    unknown: int


class _Cursor:
    """Reads one value after another from the file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def integer(self, code: str) -> int:
        value = struct.unpack_from(f"<{code}", self.data, self.position)[0]
        self.position += struct.calcsize(f"<{code}")
        return int(value)

    def real(self) -> float:
        value = struct.unpack_from("<f", self.data, self.position)[0]
        self.position += 4
        return float(value)

    def take(self, count: int) -> bytes:
        self.position += count
        return self.data[self.position - count : self.position]


def convert_e5(file: Path, folder: Path) -> None:
    """Write config.json, model.safetensors (fp16) and tokenizer.json into `folder`."""
    import torch
    from transformers import BertConfig, BertModel

    cursor = _Cursor(file.read_bytes())
    if cursor.take(4) != _MAGIC:
        raise ValueError(f"{file.name} does not start with {_MAGIC.decode()}, so it isn't a packed e5 file")
    cursor.integer("I")  # the version of the layout
    sizes = _read_sizes(cursor)
    vocabulary = _read_vocabulary(cursor)
    tensors = _read_tensors(cursor)
    config = BertConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.feed_forward,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.types,
        layer_norm_eps=sizes.epsilon,
        pad_token_id=vocabulary.pad,
        bos_token_id=vocabulary.bos,
        eos_token_id=vocabulary.eos,
    )
    with torch.device("meta"):
        model = BertModel(config, add_pooling_layer=False)
    # fp16 keeps more of a 4-bit weight times its scale than bf16 would.
    state = {
        name: _as_parameter(tensors[packed], model.get_parameter(name)).to(torch.float16)
        for name, packed in _packed_names(sizes.layers).items()
    }
    model.load_state_dict(state, strict=False, assign=True)
    missing = {name for name, _ in model.named_parameters()} - set(state)
    if missing:
        raise ValueError(f"{file.name} lacks {', '.join(sorted(missing))}")
    model.save_pretrained(folder)
    _tokenizer(vocabulary).save(str(folder / "tokenizer.json"))


def _read_sizes(cursor: _Cursor) -> _Sizes:
    hidden, layers, heads, feed_forward, vocabulary, positions, types = (cursor.integer("i") for _ in range(7))
    epsilon = cursor.real()
    block_weights = cursor.integer("i")
    if block_weights != _BLOCK_WEIGHTS:
        raise ValueError(f"its blocks hold {block_weights} weights instead of {_BLOCK_WEIGHTS}")
    return _Sizes(hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon)


def _read_vocabulary(cursor: _Cursor) -> _Vocabulary:
    count, bos, eos, pad, unknown = (cursor.integer("i") for _ in range(5))
    text_bytes = cursor.integer("Q")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.take(4 * count), "<f4").tolist()
    text = cursor.take(text_bytes)
    pieces = [
        (text[start:end].decode("utf-8"), score) for (start, end), score in zip(pairwise(offsets), scores, strict=True)
    ]
    cursor.integer("i")  # how many characters the map holds
    cursor.take(cursor.integer("I"))
    return _Vocabulary(pieces, bos, eos, pad, unknown)


def _read_tensors(cursor: _Cursor) -> dict[str, Array]:
    tensors: dict[str, Array] = {}
    for _ in range(cursor.integer("i")):
        name = cursor.take(cursor.integer("H")).decode("ascii")
        dtype, _count, offset, size_bytes = (cursor.integer(code) for code in "BIQQ")
        content = cursor.data[offset : offset + size_bytes]
        tensors[name] = np.frombuffer(content, "<f4") if dtype == _DTYPE_F32 else _dequantise(content)
    return tensors


def _dequantise(content: bytes) -> Array:
    blocks = np.frombuffer(content, _BLOCK)
    nibbles = blocks["nibbles"]
    weights = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32) - 8
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)


def _as_parameter(values: Array, parameter: torch.nn.Parameter) -> torch.Tensor:
    import torch

    return torch.from_numpy(values.copy()).reshape(parameter.shape)


def _packed_names(layers: int) -> dict[str, str]:
    """Return each parameter's name in the file by its name in BertModel."""
    names = {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "embeddings.LayerNorm.weight": "emb.ln.w",
        "embeddings.LayerNorm.bias": "emb.ln.b",
    }
    modules = {
        "attention.self.query": "q",
        "attention.self.key": "k",
        "attention.self.value": "v",
        "attention.output.dense": "ao",
        "attention.output.LayerNorm": "aln",
        "intermediate.dense": "fi",
        "output.dense": "fo",
        "output.LayerNorm": "oln",
    }
    for layer in range(layers):
        for module, packed in modules.items():
            names[f"encoder.layer.{layer}.{module}.weight"] = f"l{layer}.{packed}.w"
            names[f"encoder.layer.{layer}.{module}.bias"] = f"l{layer}.{packed}.b"
    return names


def _tokenizer(vocabulary: _Vocabulary) -> Tokenizer:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(vocabulary.pieces, unk_id=vocabulary.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\x01-\x08\x0B\x0E-\x1F\x7F\x8F\x9F]"), ""),
            normalizers.Replace(Regex(r"[\s\u200B-\u200F\u2581\uFEFF\uFFFD]+"), " "),
            normalizers.NFKC(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    bos, eos = vocabulary.pieces[vocabulary.bos][0], vocabulary.pieces[vocabulary.eos][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, vocabulary.bos), (eos, vocabulary.eos)],
    )
    return tokenizer
