"""From bytes to text in whatever encoding. Knows no format.

A general detector takes one short Chinese text in two for something else, so the Chinese encodings are told apart here:
the characters that people use stand in the first half of each standard, and bytes that are read by the wrong one don't.
"""

from __future__ import annotations

import codecs
import re

_MARKED = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Lead bytes of each standard's punctuation and of its frequent characters (GB 2312 level 1, Big5 level 1).
_FREQUENT = {
    "gb18030": ((0xA1, 0xA3), (0xB0, 0xD7)),
    "big5": ((0xA1, 0xA3), (0xA4, 0xC6)),
}
_OTHERS = ["shift_jis", "cp1252", "cp1251", "koi8_r"]
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f"
_ODD = re.compile(f"[{_CONTROLS}]")
_ODD_IF_GUESSED = re.compile(f"[{_CONTROLS}\x80-\x9f\ue000-\uf8ff]")
_SAMPLE_CHARS = 4000
_SAMPLE_BYTES = 65536
_LEAST_SHARE = 0.8
_MOSTLY_ASCII = 3


class NotText(Exception):
    """The bytes are text in no encoding that is known here."""


def decode(data: bytes) -> str:
    """The text of `data`, with `\\n` for every end of a line. Raises NotText."""
    text = _as_utf8(data)
    # What is UTF-8 is so by more than chance: then second controls are what an earlier program misread, not binary.
    odd = _ODD_IF_GUESSED if text is None else _ODD
    if text is None:
        text = _otherwise(data)
    if "\0" in text or _is_often_in(text, odd):
        raise NotText
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _as_utf8(data: bytes) -> str | None:
    """None: it is something else."""
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.end == len(data) and not (whole := data[: error.start]).isascii():
            return whole.decode("utf-8-sig")  # Cut off within its last character.
        return None


def _otherwise(data: bytes) -> str:
    for mark, encoding in _MARKED:
        if data.startswith(mark):
            return _strictly(data, encoding)
    return _strictly(data, _unmarked_wide(data) if b"\0" in data else _legacy(data))


def _unmarked_wide(data: bytes) -> str:
    """UTF-16 as Windows writes it without a mark: every second byte of English is zero."""
    sample = data[:_SAMPLE_BYTES]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if zeros.count(0) * 3 > len(zeros) * 2 and zeros.count(0) == sample.count(0):
            return encoding
    raise NotText


def _legacy(data: bytes) -> str:
    shares = {encoding: _share_of_frequent(data, encoding) for encoding in _FREQUENT}
    likeliest = max(shares, key=lambda encoding: shares[encoding])
    if shares[likeliest] >= _LEAST_SHARE:
        return likeliest
    high = sum(byte > 0x7F for byte in data[:_SAMPLE_BYTES])
    letters = sum(chr(byte).isalpha() for byte in data[:_SAMPLE_BYTES] if byte < 0x80)
    return "cp1252" if letters >= _MOSTLY_ASCII * high else _other(data)


def _share_of_frequent(data: bytes, encoding: str) -> float:
    """Of the characters beyond ASCII, those that are frequent if this is the encoding; 0 where it cannot be."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    wide = [char for char in text[:_SAMPLE_CHARS] if char > "\x7f"]
    leads = [raw[0] for char in wide if len(raw := char.encode(encoding)) == 2]
    frequent = sum(any(low <= lead <= high for low, high in _FREQUENT[encoding]) for lead in leads)
    return frequent / len(wide) if wide else 0.0


def _other(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE_BYTES], cp_isolation=_OTHERS).best()
    return "gb18030" if best is None else best.encoding


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotText from error


def _is_often_in(text: str, odd: re.Pattern[str]) -> bool:
    """Control and private-use characters betray bytes that only happen to decode."""
    return sum(1 for _ in odd.finditer(text)) > len(text) * 0.01
