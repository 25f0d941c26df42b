"""Decodes bytes in whatever encoding into text.

A general detector gets every other short Chinese text wrong, so encodings are distinguished here: frequent characters
are in the first half of each Chinese standard, which bytes read in the wrong one are not; and a dozen letters of an
alphabet make up most of any text. Edit it to add an encoding.
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
_WESTERN = "éèêëàâáäåãæçíìîïóòôõöøúùüûñßœ"
_CYRILLIC = "оеаинтсрвлкмдпуяыьзбгчй"
# By encoding: the most frequent non-ASCII letters of its texts, and those that no text has. The first of the likeliest
# is used, so that ambiguous text counts as Western European.
_ALPHABETS = {
    "cp1252": (_WESTERN, ""),
    "cp1251": (_CYRILLIC, ""),
    "koi8_r": (_CYRILLIC, ""),
    "cp1254": ("ıüşğöçi̇", "áéíóúæàèùãõøåêëßñ"),
    "cp1250": ("ąęłóśżćźńčřšžýáíéěůőűöüäăâî", ""),
    "cp1253": ("αοιετσνηυρπκμλςάίόέήύώ", ""),
    "cp1255": ("יוהלאתרמבנשדםחקפ", ""),
    "cp1256": ("اليمنوترهبسعدةفقكى", ""),
    "mac_roman": ("äöüßéèêëàâáåçíîïóôúñøæ", ""),
}
_LATIN = frozenset({"cp1252", "cp1254", "cp1250", "mac_roman"})
_OTHERS = ["shift_jis", "cp1252", "cp1251", "koi8_r"]
_LONGEST_RUN = 20
_SURE = 0.6
"""The share of an alphabet's letters from which a text is taken to be written in it."""
_WORD = re.compile(r"[^\W\d_]+")
_QUANTITY_SIGNS = "¼½¾¹²³±×÷"
_SIGN_IN_WORD = re.compile(rf"[^\W\d_][{_QUANTITY_SIGNS}]|[{_QUANTITY_SIGNS}][^\W\d_]")
_NEUTRAL = frozenset(_QUANTITY_SIGNS + "\xa0\xad«»‘’“”„‚‹›–—…•€£§°©®™№·¿¡״׳؟،؛")
_HANGUL_LEADS = (0xB0, 0xC8)
_FREQUENT_HANGUL = frozenset("이다는의에을를가고하지은기한나로사도어리아인시자서대요니입습들으여수일정상부제보")
_MOST_SYLLABLES = 8
"""The longest Korean word in syllables; Chinese has no spaces."""
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f"
_ODD = re.compile(f"[{_CONTROLS}]")
_ODD_IF_GUESSED = re.compile(f"[{_CONTROLS}\x80-\x9f\ue000-\uf8ff]")
_SAMPLE_CHARS = 4000
_SAMPLE_BYTES = 65536
_LEAST_SHARE = 0.8
_MOSTLY_ASCII = 3


class NotText(Exception):
    """The bytes are not text in any known encoding."""


def decode(data: bytes) -> str:
    r"""Return the text of `data`, with `\n` at the end of every line. Raises NotText."""
    text = _as_utf8(data)
    # Valid UTF-8 is hardly a coincidence: C1 controls in it come from an earlier program's misreading, not from binary.
    odd = _ODD_IF_GUESSED if text is None else _ODD
    if text is None:
        text = _decode_other(data)
    if "\0" in text or _is_often_in(text, odd):
        raise NotText
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _as_utf8(data: bytes) -> str | None:
    """Return the text, or None if it is not UTF-8."""
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.end == len(data) and not (whole := data[: error.start]).isascii():
            return whole.decode("utf-8-sig")  # Cut off within its last character.
        return None


def _decode_other(data: bytes) -> str:
    for mark, encoding in _MARKED:
        if data.startswith(mark):
            return _strictly(data, encoding)
    return _strictly(data, _utf16_without_mark(data) if b"\0" in data else _legacy_encoding(data))


def _utf16_without_mark(data: bytes) -> str:
    """Return UTF-16 as Windows writes it without a byte-order mark: every second byte of English is zero."""
    sample = data[:_SAMPLE_BYTES]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if zeros.count(0) * 3 > len(zeros) * 2 and zeros.count(0) == sample.count(0):
            return encoding
    raise NotText


def _legacy_encoding(data: bytes) -> str:
    if _is_korean(data):
        return "euc_kr"
    shares = {encoding: _share_of_frequent(data, encoding) for encoding in _FREQUENT}
    likeliest = max(shares, key=lambda encoding: shares[encoding])
    if shares[likeliest] >= _LEAST_SHARE:
        return likeliest
    if _is_japanese(data):
        return "shift_jis"
    alphabets = {encoding: _share_of_alphabet(data, encoding) for encoding in _ALPHABETS}
    likeliest = max(alphabets, key=lambda encoding: alphabets[encoding])
    if alphabets[likeliest] >= _SURE:
        return likeliest
    high = sum(byte > 0x7F for byte in data[:_SAMPLE_BYTES])
    letters = sum(chr(byte).isalpha() for byte in data[:_SAMPLE_BYTES] if byte < 0x80)
    return "cp1252" if letters >= _MOSTLY_ASCII * high else _guess_encoding(data)


def _is_korean(data: bytes) -> bool:
    """Return whether nearly all non-ASCII characters are Korean syllables in words.

    Chinese read as Korean is no syllable in two of five cases.
    """
    try:
        wide = [char for char in data.decode("euc_kr")[:_SAMPLE_CHARS] if char > "\x7f" and char.isalpha()]
    except UnicodeDecodeError:
        return False
    low, high = _HANGUL_LEADS
    syllables = sum(low <= char.encode("euc_kr")[0] <= high for char in wide)
    words = len(data[: 2 * _SAMPLE_CHARS].split()) + data[: 2 * _SAMPLE_CHARS].count(b",")
    frequent = sum(char in _FREQUENT_HANGUL for char in wide)
    is_likely = syllables >= 0.98 * len(wide) and 5 * frequent >= len(wide)
    return len(wide) > 3 and is_likely and len(wide) <= words * _MOST_SYLLABLES


def _is_japanese(data: bytes) -> bool:
    """Return whether this is Shift-JIS in which a fifth of the non-ASCII characters is full-width kana."""
    try:
        wide = [char for char in data.decode("shift_jis")[:_SAMPLE_CHARS] if char > "\x7f"]
    except UnicodeDecodeError:
        return False
    return 5 * sum("\u3041" <= char <= "\u30fe" for char in wide) >= len(wide)


def _share_of_alphabet(data: bytes, encoding: str) -> float:
    """Return the share of frequent letters among non-ASCII characters in words, less for improbable words."""
    try:
        text = data[:_SAMPLE_BYTES].decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    frequent, impossible = _ALPHABETS[encoding]
    score = count = 0
    letters: set[str] = set()
    for word in _WORD.findall(text):
        wide = [char for char in word.lower() if char > "\x7f" and char.isalpha()]
        # Capitals within a word indicate letters of another alphabet, or another order of this one; so do words that
        # mix two alphabets, or consist only of accented Latin letters.
        is_mixed = 2 * len(wide) > len(word) > 2 if encoding in _LATIN else len(wide) < len(word)
        is_odd = is_mixed or (not word[0].isupper() and word != word.lower())
        count += len(wide)
        letters.update(wide)
        score += 0 if is_odd else sum(char in frequent for char in wide)
        score -= sum(char in impossible for char in wide)
    count += sum(1 for char in text if char > "\x7f" and not char.isalpha() and char not in _NEUTRAL)
    count += sum(1 for _ in _SIGN_IN_WORD.finditer(text))
    if count > _LONGEST_RUN and len(letters) == 1:
        return 0.0  # A single repeated letter is padding.
    # Punctuation alone does not rule out the most frequent encoding.
    return score / count if count else float(encoding == "cp1252")


def _share_of_frequent(data: bytes, encoding: str) -> float:
    """Return the share of frequent non-ASCII characters if this is the encoding; 0 if it cannot be."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    wide = [char for char in text[:_SAMPLE_CHARS] if char > "\x7f"]
    leads = [raw[0] for char in wide if len(raw := char.encode(encoding)) == 2]
    frequent = sum(any(low <= lead <= high for low, high in _FREQUENT[encoding]) for lead in leads)
    return frequent / len(wide) if wide else 0.0


def _guess_encoding(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE_BYTES], cp_isolation=_OTHERS).best()
    return "gb18030" if best is None else best.encoding


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotText from error


def _is_often_in(text: str, odd: re.Pattern[str]) -> bool:
    """Return whether many characters are control or private-use ones, so that the decoding was only a coincidence."""
    return sum(1 for _ in odd.finditer(text)) > len(text) * 0.01
