"""Whether a GGUF file becomes the folder that transformers makes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest

_HIDDEN, _HEADS, _KEY_HEADS, _FEED_FORWARD, _LAYERS = 64, 4, 2, 96, 2
_TOKENS = ["<|endoftext|>", *(chr(code) for code in range(33, 127)), "Ġ", "ab"]


def write_gguf(path: Path, architecture: str, *, is_tied: bool) -> None:
    """A model of seeded random weights: its matrices in 4, 5 and 8 bits, its vectors in fp32."""
    writer, draw = gguf.GGUFWriter(path, architecture), np.random.default_rng(7)
    writer.add_name("tiny")
    writer.add_context_length(128)
    writer.add_embedding_length(_HIDDEN)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_FEED_FORWARD)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_KEY_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(_TOKENS)
    writer.add_token_types([3, *[1] * (len(_TOKENS) - 1)])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)

    def vector(name: str, size: int) -> None:
        writer.add_tensor(name, draw.normal(size=size).astype(np.float32))

    def matrix(name: str, rows: int, columns: int, kind: gguf.GGMLQuantizationType) -> None:
        values = draw.normal(size=(rows, columns)).astype(np.float32)
        writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)

    kinds = gguf.GGMLQuantizationType
    matrix("token_embd.weight", len(_TOKENS), _HIDDEN, kinds.Q8_0)
    vector("output_norm.weight", _HIDDEN)
    if not is_tied:
        matrix("output.weight", len(_TOKENS), _HIDDEN, kinds.Q8_0)
    of_keys = _HIDDEN // _HEADS * _KEY_HEADS
    for layer in range(_LAYERS):
        at = f"blk.{layer}"
        vector(f"{at}.attn_norm.weight", _HIDDEN)
        vector(f"{at}.ffn_norm.weight", _HIDDEN)
        for name, rows in (("q", _HIDDEN), ("k", of_keys), ("v", of_keys)):
            matrix(f"{at}.attn_{name}.weight", rows, _HIDDEN, kinds.Q5_0)
            if architecture == "qwen2":
                vector(f"{at}.attn_{name}.bias", rows)
        matrix(f"{at}.attn_output.weight", _HIDDEN, _HIDDEN, kinds.Q4_1)
        matrix(f"{at}.ffn_gate.weight", _FEED_FORWARD, _HIDDEN, kinds.Q4_0)
        matrix(f"{at}.ffn_up.weight", _FEED_FORWARD, _HIDDEN, kinds.Q4_0)
        matrix(f"{at}.ffn_down.weight", _HIDDEN, _FEED_FORWARD, kinds.Q4_1)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def convert(file: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """In a child, as `prepare` does it."""
    folder.mkdir()
    command = [sys.executable, "-m", "weights.convert", "gguf", str(file), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("architecture", "is_tied"), [("llama", True), ("qwen2", False)])
def test_a_gguf_file_becomes_byte_for_byte_what_transformers_makes_of_it(
    architecture: str, is_tied: bool, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, GgufConfig

    write_gguf(tmp_path / "tiny.gguf", architecture, is_tied=is_tied)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    done = convert(tmp_path / "tiny.gguf", ours)
    assert done.returncode == 0, done.stderr
    model = AutoModelForCausalLM.from_pretrained(
        tmp_path,
        gguf_file="tiny.gguf",
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.bfloat16,
    )
    model.save_pretrained(theirs)
    written = {file.name: file.read_bytes() for file in theirs.iterdir()}
    assert {"model.safetensors", "config.json"} <= written.keys()
    assert {name: (ours / name).read_bytes() for name in written} == written
    assert (ours / "tokenizer.json").exists()


def test_a_gguf_file_that_lacks_a_tensor_is_refused_and_the_tensor_named(tmp_path: Path) -> None:
    write_gguf(tmp_path / "whole.gguf", "llama", is_tied=True)
    whole = (tmp_path / "whole.gguf").read_bytes()
    (tmp_path / "lacking.gguf").write_bytes(whole.replace(b"blk.1.ffn_up.weight", b"blk.1.ffn_ux.weight"))
    done = convert(tmp_path / "lacking.gguf", tmp_path / "folder")
    assert done.returncode != 0
    assert "lacking.gguf lacks model.layers.1.mlp.up_proj.weight" in done.stderr
