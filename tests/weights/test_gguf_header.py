"""What a GGUF file states is read from its first bytes, and a file that is none is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from weights.gguf_header import NotGgufError, read_gguf_header


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def field(name: str, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def array(name: str, kind: int, count: int, values: bytes) -> bytes:
    return field(name, 9, struct.pack("<IQ", kind, count) + values)


TOKENS = ("<unk>", "<s>", "<|im_end|>", "\n\n", "<think>", "boat")
KINDS = (2, 3, 3, 4, 4, 1)
FIELDS = (
    field("general.architecture", 8, text("llama")),
    field("llama.context_length", 4, struct.pack("<I", 4096)),
    field("llama.rope.freq_base", 6, struct.pack("<f", 1e6)),
    field("tokenizer.ggml.add_space_prefix", 7, b"\1"),
    array("tokenizer.ggml.tokens", 8, len(TOKENS), b"".join(map(text, TOKENS))),
    array("tokenizer.ggml.token_type", 5, len(KINDS), struct.pack(f"<{len(KINDS)}i", *KINDS)),
    field("tokenizer.ggml.bos_token_id", 4, struct.pack("<I", 1)),
    field("tokenizer.ggml.eos_token_id", 4, struct.pack("<I", 2)),
    field("tokenizer.chat_template", 8, text("{{ messages }} 你好")),
)


def written(path: Path, *fields: bytes, version: int = 3) -> Path:
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", version, 0, len(fields)) + b"".join(fields))
    return path


def test_the_metadata_that_a_prompt_needs_is_read(tmp_path: Path) -> None:
    header = read_gguf_header(written(tmp_path / "a.gguf", *FIELDS))
    assert (header.architecture, header.context_tokens) == ("llama", 4096)
    assert header.chat_template == "{{ messages }} 你好"
    assert (header.bos_id, header.bos, header.eos) == (1, "<s>", "<|im_end|>")
    assert header.control_tokens == ("<unk>", "<s>", "<|im_end|>", "<think>")


def test_what_a_file_does_not_state_is_unknown(tmp_path: Path) -> None:
    header = read_gguf_header(written(tmp_path / "a.gguf", version=2))
    assert (header.chat_template, header.context_tokens, header.bos_id) == (None, None, None)
    assert (header.architecture, header.bos, header.eos, header.control_tokens) == ("", "", "", ())


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\3\4" * 10, b"# Not a model"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(NotGgufError, match="it is not a GGUF file"):
        read_gguf_header(tmp_path / "a")


def test_a_version_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotGgufError, match="it has version 9 of GGUF"):
        read_gguf_header(written(tmp_path / "a", version=9))


def test_metadata_that_breaks_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "a", *FIELDS).read_bytes()
    for length in range(5, len(whole), 3):
        (tmp_path / "b").write_bytes(whole[:length])
        with pytest.raises(NotGgufError, match="damaged or incomplete"):
            read_gguf_header(tmp_path / "b")


@pytest.mark.parametrize(
    "field_",
    [
        field("a", 8, struct.pack("<Q", 2**63)),
        array("a", 8, 2**40, b""),
        array("a", 10, 2**60, b""),
        array("a", 9, 1, struct.pack("<IQ", 9, 1)),
        field("a", 99, b""),
        field("tokenizer.chat_template", 8, struct.pack("<Q", 1) + b"\xff"),
    ],
)
def test_lengths_and_types_that_cannot_be_are_refused(tmp_path: Path, field_: bytes) -> None:
    with pytest.raises(NotGgufError, match="damaged or incomplete"):
        read_gguf_header(written(tmp_path / "a", field_))


def test_a_real_file_states_its_template_and_the_tokens_that_end_a_turn(small_gguf_file: Path) -> None:
    header = read_gguf_header(small_gguf_file)
    assert (header.architecture, header.context_tokens) == ("llama", 8192)
    assert header.chat_template is not None
    assert "<|im_start|>" in header.chat_template
    assert {"<|im_start|>", "<|im_end|>"} <= set(header.control_tokens)
