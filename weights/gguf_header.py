"""Reads what a GGUF file says about itself: its architecture, chat template, context window and control tokens.

The tensors are llama.cpp's to read. gguf's own reader takes seconds for a large vocabulary, because it makes an array
of each word. Edit this file when something else of a file's metadata is needed.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""The struct format of each type of value; all numbers are little-endian."""
_UNKNOWN, _CONTROL, _USER_DEFINED = 2, 3, 4
"""Kinds of tokens that llama.cpp finds in a text by their words."""

_Value = int | float | bytes | tuple[int | float | bytes, ...]


class NotGgufError(ValueError):
    """Raised where a file is no GGUF file, or breaks off within its metadata. Its message says which."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """Holds what a model's file states about the model."""

    architecture: str
    """As llama.cpp names it, such as `qwen2`."""
    chat_template: str | None
    """In Jinja; None: the model only continues text."""
    context_tokens: int | None
    """How many tokens the model reads and writes at once; None where the file states no limit."""
    bos_id: int | None
    """The token that begins a text."""
    bos: str
    """The words of that token, empty if there is none."""
    eos: str
    """The words of the token that ends a text, empty if there is none."""
    control_tokens: tuple[str, ...]
    """The words that are read as one token wherever they stand, such as those that end a turn."""


def read_gguf_header(path: Path) -> GgufHeader:
    """Return what the file states. Raises NotGgufError, OSError."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise NotGgufError("it is not a GGUF file")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            try:
                values = _Reader(content).values()
                return _header(values)
            except (struct.error, UnicodeDecodeError, MemoryError) as error:
                raise NotGgufError("its metadata is damaged or incomplete") from error


class _Reader:
    """Reads values one after the other."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._at = len(_MAGIC)

    def values(self) -> dict[str, _Value]:
        """Return the metadata by its names."""
        version = self._scalar("I")
        if version not in _VERSIONS:
            raise NotGgufError(
                f"it has version {version} of GGUF, but only {_VERSIONS[0]} and {_VERSIONS[1]} are known"
            )
        self._scalar("Q")  # how many tensors there are
        count = self._integer("Q")
        return {self._string().decode(): self._value(self._integer("I")) for _ in range(count)}

    def _value(self, kind: int) -> _Value:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._array(self._integer("I"), self._integer("Q"))
        return self._scalar(self._format(kind))

    def _array(self, kind: int, count: int) -> tuple[int | float | bytes, ...]:
        if kind == _STRING:
            return tuple(self._string() for _ in range(count))
        # llama.cpp reads no arrays of arrays either.
        form = f"<{count}{self._format(kind)}"
        size = struct.calcsize(form)
        if self._at + size > len(self._content):
            raise struct.error("an array reaches beyond the end of the file")
        found: tuple[int | float, ...] = struct.unpack_from(form, self._content, self._at)
        self._at += size
        return found

    def _string(self) -> bytes:
        length = self._integer("Q")
        end = self._at + length
        if end > len(self._content):
            raise struct.error("a text reaches beyond the end of the file")
        found = self._content[self._at : end]
        self._at = end
        return found

    def _integer(self, form: str) -> int:
        return int(self._scalar(form))

    def _scalar(self, form: str) -> int | float:
        (found,) = struct.unpack_from(f"<{form}", self._content, self._at)
        self._at += struct.calcsize(f"<{form}")
        value: int | float = found
        return value

    @staticmethod
    def _format(kind: int) -> str:
        form = _SCALARS.get(kind)
        if form is None:
            raise struct.error(f"there is no type {kind}")
        return form


def _header(values: Mapping[str, _Value]) -> GgufHeader:
    architecture = _text(values.get("general.architecture")) or ""
    tokens = _tuple(values.get("tokenizer.ggml.tokens"))
    kinds = _tuple(values.get("tokenizer.ggml.token_type"))
    words = (
        _word(token) for token, kind in zip(tokens, kinds, strict=False) if kind in (_UNKNOWN, _CONTROL, _USER_DEFINED)
    )
    bos_id = _whole_number(values.get("tokenizer.ggml.bos_token_id"))
    eos_id = _whole_number(values.get("tokenizer.ggml.eos_token_id"))
    return GgufHeader(
        architecture=architecture,
        chat_template=_text(values.get("tokenizer.chat_template")),
        context_tokens=_whole_number(values.get(f"{architecture}.context_length")),
        bos_id=bos_id if bos_id is not None and bos_id < len(tokens) else None,
        bos=_word_at(tokens, bos_id),
        eos=_word_at(tokens, eos_id),
        # Some vocabularies have line breaks and single characters among them, which are no more than text.
        control_tokens=tuple(word for word in words if len(word.strip()) > 1),
    )


def _text(value: _Value | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else None


def _whole_number(value: _Value | None) -> int | None:
    return value if isinstance(value, int) else None


def _tuple(value: _Value | None) -> tuple[int | float | bytes, ...]:
    return value if isinstance(value, tuple) else ()


def _word_at(tokens: tuple[int | float | bytes, ...], number: int | None) -> str:
    return _word(tokens[number]) if number is not None and number < len(tokens) else ""


def _word(token: float | bytes) -> str:
    return token.decode(errors="replace") if isinstance(token, bytes) else ""
