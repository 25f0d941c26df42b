"""Decodes bytes in whatever encoding into text.

A general detector gets every other short text wrong, so encodings are distinguished here: frequent characters are in
the first half of each East Asian standard, which bytes read in the wrong one are not; and the letters of a language,
with the frequency of each, are those of its own encoding alone. What fits none is refused. Edit it to add an encoding.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

_MARKED = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Lead bytes of each standard's punctuation and of its frequent characters (level 1 of GB 2312, Big5 and JIS X 0208).
_FREQUENT = {
    "gb18030": ((0xA1, 0xA3), (0xB0, 0xD7)),
    "big5": ((0xA1, 0xA3), (0xA4, 0xC6)),
    "cp932": ((0x81, 0x83), (0x88, 0x97)),
}
_LATIN = {
    "cp1252": (
        "äöüß",
        "éèàêçâîôùûëïœæ",
        "áéíóúñü",
        "ãçáéõêâíóúà",
        "åäöé",
        "æøåé",
        "áéíóúýþæðö",
        "àèéìòù",
        "ëéïü",
        "õäöü",
    ),
    "cp1254": ("ıüşğöçi\u0307âî",),
    "cp1250": ("ąęłóśżćźń", "áéíýčřšžěůúťďňľĺŕôä", "áéíóöőúüű", "čćžšđ", "ăâîşţ"),
    "iso8859_2": ("ąęłóśżćźń", "áéíýčřšžěůúťďňľĺŕôä", "áéíóöőúüű", "čćžšđ", "ăâîşţ"),
    "mac_roman": ("äöüß", "éèàêçâîôùûëïœæ", "áéíóúñü", "ãçáéõêâíóúà", "åäöé", "æøåé", "àèéìòù"),
    "cp850": ("äöüß", "éèàêçâîôùûëï", "áéíóúñü", "ãçáéõêâíóúà", "åäöé", "æøåé", "àèéìòù"),
    "iso8859_15": ("äöüß", "éèàêçâîôùûëïœæ", "áéíóúñü", "àèéìòù"),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "õäöüšž"),
    "cp1258": ("ăâđêôơưàèìòùáéíóúãõ\u0300\u0309\u0303\u0301\u0323",),
}
"""Latin encodings by how common they are, each with the accented letters of its languages."""
_WESTERN = "".join(_LATIN["cp1252"])
_CYRILLIC = ("оеаинтср", "влкмдпуяі", "ыьгзбчйхжшюцщэфёъїєґ")
_KAZAKH = ("аыеінтрлд", "сқмукғбзйош", "үпөңжәгяұивхюэһцчщфьъё")
_ARABIC = ("اليمنوتر", "هبسعدةفق", "كحجشىأخصزطضغثئذءإؤظآ")
_GREEK = ("αοιετσνη", "υρπκμλςωίό", "γδβχθφξζψάέήύώϊϋΐΰ")
_GREEK_ACCENT = re.compile("[άέήίόύώΆΈΉΊΌΎΏ]")
_HEBREW = ("יוהלאתרמ", "בנשםדחעק", "פגסטצזכןךףץ")
_THAI = ("านรอกเง่มยลว้ั", "ดทตสิีปบคะืห็", "แจพชไใโขถุู์ำธณึฐศษผฟญภซฝฆฎฏฑฒฌฬฮ๊๋ๆฯ")
_THAI_LETTER = re.compile("[ก-๎]")
_THAI_SIGN = re.compile("[ัิ-ฺเ-ไ็-๎]")
_NO_THAI = re.compile("(?<![ก-ฮ])[ัิ-ฺ็]|(?<![ก-ฮัิ-ฺ])[่-๎]|[เ-ไ](?![ก-ฮ])|(?<![ก-ฮ่-๋])[ะาำ]|[ฯ๏๚๛]")
_HALF_WIDTH = re.compile("[ｦ-ﾟ]")
_NO_HALF_WIDTH = re.compile("(?<![ｳｶ-ﾄﾊ-ﾎ])ﾞ|(?<![ﾊ-ﾎ])ﾟ|(?<![ｦ-ﾟ])[ﾝｰｧ-ｯ]|[ｧ-ｮ][ｧ-ｯ]")
_LEAST_SIGNED = 4
_SURE_THAI, _LIKELY_THAI = 0.72, 0.5
_KANA_PER_MARK = 7
"""Of so many katakana at least one is a voice mark, a long vowel, ン or small."""
_OTHER = {
    "cp1251": _CYRILLIC,
    "koi8_u": _CYRILLIC,
    "cp866": _CYRILLIC,
    "mac_cyrillic": _CYRILLIC,
    "iso8859_5": _CYRILLIC,
    "kz1048": _KAZAKH,
    "ptcp154": _KAZAKH,
    "cp1253": _GREEK,
    "iso8859_7": _GREEK,
    "mac_greek": _GREEK,
    "cp1255": _HEBREW,
    "cp862": _HEBREW,
    "cp1256": _ARABIC,
    "iso8859_6": _ARABIC,
    "cp874": _THAI,
}
"""Other encodings, each with its letters in three groups: the most frequent, frequent and rare ones."""
_WEIGHTS = (1.3, 0.8, 0.35, 0.0)
"""Of the groups, and of any other letter: a text has about 1, letters in another encoding at most .75."""
_SURE_LATIN, _SURE_OTHER = 0.6, 0.82
"""The fit from which a text is taken to be written in an alphabet."""
_RARE = frozenset({"mac_greek", "kz1048", "ptcp154"})
_RARE_ENCODING = 0.9
"""How much of its fit an encoding keeps in which texts are rare, so that a common one wins where both are likely."""
_MARKS = "\u0300-\u036f\u05b0-\u05c7\u064b-\u0652\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_QUANTITY_SIGNS = "¼½¾¹²³±×÷"
_ALPHA = f"[^\\W\\d_{_QUANTITY_SIGNS}]"
_WORD = re.compile(rf"(?:{_ALPHA}|[{_MARKS}])+")
_LETTER = re.compile(rf"(?![\x00-\x7f]){_ALPHA}|[{_MARKS}]")
_BESIDE_LETTER = re.compile(rf"{_ALPHA}[¼½¾¹±×÷]|[{_QUANTITY_SIGNS}]{_ALPHA}|\d(?![\x00-\x7fªº]){_ALPHA}")
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[^\x00-\x7f\w\s’‘–—…·\xad־](?=[^\W\d_])")
_NO_PORTUGUESE = re.compile("õ(?!e)")
"""Hungarian ő, read as Western European; before another letter than e, Portuguese has none."""
_NO_ICELANDIC = re.compile(r"(?<=\w)þ(?!\w)|(?<!\w)ð(?=\w)")
"""Turkish ş and ğ, read as Western European: no word ends with þ or begins with ð."""
_NO_CYRILLIC = re.compile(r"[бвгджзклмнпрстфхцчш]й|\b[ыьъ]", re.IGNORECASE)
"""Greek capitals, read as small letters of KOI8."""
_NEUTRAL = frozenset(_QUANTITY_SIGNS + "\xa0\xad«»‘’“”„‚‹›–—…•€£§°©®™№·¿¡״׳؟،؛")
_FREQUENT_HANGUL = frozenset(
    "이다는의에을를가고하지은기한나로사도어리아인시자서대요니입습들으여수일정상부제보해있것과구원장라게주만거안전화우동"
    "마모소조무성비러생오면방때그없된될음신공내간계문용세관할중연까년경선"
)
_FREQUENT_HAN = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然"
    "家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把"
    "机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果"
    "加西月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活更别"
    "打女变四总何电数安少报才结反受目太量再感建务做接必场件计管期市直资命山金指许统区保至队形社便空决治展马科司五基"
    "书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边张该交规万取望觉术领共确传师观清今切院让"
    "识候带导争运图馆费须這個們來為國說時會對著過發後裡種經麼學現當沒動還進樣開從實軍無與長機業關點將兩間問應戰頭體"
    "見產話給門東聲員論處義幾條氣題別變總電數報結場計資統區隊決馬書聽達強難權設記類據邊張該規萬覺術領確傳師觀讓識帶"
    "導爭運費須圖館"
)
"""Of Chinese in simplified and traditional characters; they make up a third of most texts."""
_MOST_SYLLABLES = 8
"""The longest Korean word in syllables; Chinese has no spaces."""
_RUN = re.compile(r"[^\x00-\x7f]+")
_LONGEST_RUN = 20
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f"
_ODD = re.compile(f"[{_CONTROLS}]")
_ODD_IF_GUESSED = re.compile(f"[{_CONTROLS}\x80-\x9f\ue000-\uf8ff]")
_SAMPLE_CHARS = 4000
_SAMPLE_BYTES = 65536
_SAMPLE_OF_WORDS = 16384
_LEAST_SHARE = 0.8
_LEAST_NAME_SHARE = 0.6
_MOSTLY_ASCII = 3
_SEVERAL = 6


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
    if b"\0" in data or _is_japanese(data, "iso2022_jp"):
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


def name_encoding(data: bytes) -> str:
    """Return the encoding of file names that are not in ASCII, one on each line; that of old zips if it is unclear."""
    if _as_utf8(data) is not None:
        return "utf-8"
    shares = {encoding: _share_of_frequent(data, encoding) for encoding in _FREQUENT}
    if _share_of_hangul(data) >= _LEAST_NAME_SHARE:
        return "cp949"
    likeliest = max(shares, key=lambda encoding: shares[encoding])
    if shares[likeliest] >= _LEAST_NAME_SHARE:
        return likeliest
    return _alphabetic_encoding(data, _NAME_ENCODINGS) or "cp437"


_NAME_ENCODINGS = ("cp850", "cp866", "cp1252", "cp1251", "cp862", "cp1253", "cp1255", "cp1256")


def _legacy_encoding(data: bytes) -> str:
    """Return the likeliest encoding. Raises NotText if none is likely."""
    east_asian = _east_asian_encoding(data, _LEAST_SHARE)
    if east_asian in _FREQUENT and _is_doubtful(data.decode(east_asian)[:_SAMPLE_CHARS]):
        likely: str | None = _alphabetic_encoding(data, (*_LATIN, *_OTHER)) or east_asian
    else:
        likely = east_asian or _signed_encoding(data) or _alphabetic_encoding(data, (*_LATIN, *_OTHER))
    likely = likely or _east_asian_encoding(data, _LEAST_NAME_SHARE) or _signed_encoding(data, is_strict=False)
    if likely is None and not _is_mostly_english(data):
        raise NotText
    return likely or "cp1252"


def _is_doubtful(text: str) -> bool:
    """Return whether several characters are Chinese, but not one of them is frequent."""
    return sum(char > "\x7f" for char in text) >= _SEVERAL and not _FREQUENT_HAN.intersection(text)


def _east_asian_encoding(data: bytes, least_share: float) -> str | None:
    """Return the encoding in which the text is Thai, Korean, Japanese or Chinese; None if it is none of them."""
    if _is_korean(data):
        return "cp949"
    if _is_japanese(data, "iso2022_jp"):
        return "iso2022_jp"
    if _is_japanese(data, "euc_jp"):
        return "euc_jp"
    if not _has_frequent_han(data) and (encoding := _signed_encoding(data)):
        return encoding
    shares = {encoding: _share_of_frequent(data, encoding) for encoding in _FREQUENT}
    likeliest = max(shares, key=lambda encoding: shares[encoding])
    if shares[likeliest] >= least_share:
        return likeliest
    return "cp932" if _is_japanese(data, "cp932") else None


def _is_mostly_english(data: bytes) -> bool:
    """Return whether this is ASCII with a few signs that Western European text has."""
    sample = data[:_SAMPLE_BYTES]
    high = sum(byte > 0x7F for byte in sample)
    letters = sum(chr(byte).isalpha() for byte in sample if byte < 0x80)
    text = _sample_of_words(data, "cp1252")
    is_western = not _LETTER.search(text) or _latin_fit(text, _WESTERN) >= _SURE_LATIN
    is_western = is_western and 3 * _strange_signs(text) <= sum(char > "\x7f" for char in text)
    return bool(text) and letters >= _MOSTLY_ASCII * high and is_western


def _alphabetic_encoding(data: bytes, encodings: Sequence[str]) -> str | None:
    """Return the encoding in which the text has the letters of one language; None if none is likely."""
    best: tuple[float, str] | None = None
    for encoding in encodings:
        text = _sample_of_words(data, encoding)
        if encoding in _LATIN:
            fit = max(_latin_fit(text, letters) for letters in _LATIN[encoding])
            # Punctuation alone does not rule out the most frequent encoding.
            fit = (
                1.0 if encoding == "cp1252" and text and not _LETTER.search(text) and not _strange_signs(text) else fit
            )
            is_sure = fit >= _SURE_LATIN
        else:
            fit = _other_fit(text, _OTHER[encoding])
            is_sure = fit >= _SURE_OTHER
        fit *= _RARE_ENCODING if encoding in _RARE else 1
        if is_sure and (best is None or fit > best[0]):
            best = (fit, encoding)
    return None if best is None else best[1]


def _sample_of_words(data: bytes, encoding: str) -> str:
    """Return lines that are not in ASCII, decoded; empty if the bytes cannot be in this encoding."""
    if not data.isascii():
        data = b"\n".join(line for line in data.split(b"\n") if not line.isascii())
    try:
        data[:_SAMPLE_BYTES].decode(encoding)
        return data[:_SAMPLE_OF_WORDS].decode(encoding)
    except UnicodeDecodeError:
        return ""


def _latin_fit(text: str, alphabet: str) -> float:
    """Return the share of letters of a language among the accented ones in probable words."""
    if not text:
        return 0.0
    score = count = 0
    seen: set[str] = set()
    for word in _WORD.findall(text):
        wide = _LETTER.findall(word.lower())
        count += len(wide)
        seen.update(wide)
        # A capital within a word is a letter of another encoding. So are words of accented letters only.
        if not _has_inner_capital(word) and (2 * len(wide) <= len(word) or len(word) <= 3 or "\u0301" in alphabet):
            score += sum(char in alphabet for char in wide)
    count += _strange_signs(text)
    if "é" in seen and "á" in alphabet and "õ" in alphabet and "ã" not in seen:
        count += sum(1 for _ in _NO_PORTUGUESE.finditer(text))
    if count > _LONGEST_RUN and len(seen) == 1:
        return 0.0  # A single repeated letter is padding.
    return score / count if count else 0.0


def _other_fit(text: str, groups: Sequence[str]) -> float:
    """Return the mean weight of the letters beyond ASCII, about 1 in texts of this alphabet."""
    score = count = 0.0
    capitals = 0
    for word in _WORD.findall(text):
        wide = _LETTER.findall(word.lower())
        count += len(wide)
        capitals += sum(char.isupper() for char in word)
        if len(wide) == len(word) and not _has_inner_capital(word):
            score += sum(_weight(char, groups) for char in wide)
            score -= sum(char in "ךםןףץς" for char in word[:-1])  # These end words.
    count += _strange_signs(text)
    if 2 * count < sum(char > "\x7f" and not char.isspace() for char in text):
        return 0.0  # Most signs are quotation marks and the like.
    if groups is _CYRILLIC or groups is _KAZAKH:
        count += sum(1 for _ in _NO_CYRILLIC.finditer(text))
    if not count:
        return 0.0
    # Greek capitals need no accents; small letters without any are those of another encoding.
    is_unaccented = capitals < count and not _GREEK_ACCENT.search(text)
    is_doubtful = is_unaccented if groups is _GREEK else 2 * capitals > count
    return score / count * (0.85 if is_doubtful else 1)


def _weight(char: str, groups: Sequence[str]) -> float:
    return next((weight for weight, letters in zip(_WEIGHTS, groups, strict=False) if char in letters), _WEIGHTS[-1])


def _has_inner_capital(word: str) -> bool:
    return word[1:] != word[1:].lower() and not word.isupper()


def _strange_signs(text: str) -> int:
    """Return how many signs are none of a text's, or are where none is."""
    strange = sum(1 for char in text if char > "\x7f" and char not in _NEUTRAL and not _LETTER.match(char))
    beside = sum(1 for _ in _BESIDE_LETTER.finditer(text))
    misplaced = sum(1 for _ in _NO_ICELANDIC.finditer(text))
    return strange + beside + misplaced + sum(1 for _ in _BETWEEN_LETTERS.finditer(text))


def _is_korean(data: bytes) -> bool:
    """Return whether nearly all non-ASCII characters are Korean syllables, often frequent ones, in words.

    Chinese read as Korean is no syllable in two of five cases.
    """
    try:
        wide = [char for char in data.decode("cp949")[:_SAMPLE_CHARS] if char > "\x7f" and char.isalpha()]
    except UnicodeDecodeError:
        return False
    syllables = sum("\uac00" <= char <= "\ud7a3" for char in wide)
    sample = data[: 2 * _SAMPLE_CHARS]
    words = len(sample.split()) + sample.count(b",")
    frequent = sum(char in _FREQUENT_HANGUL for char in wide)
    if 2 <= len(wide) <= 3:
        return frequent == len(wide) and not _FREQUENT_HAN.intersection(data.decode("gb18030", "ignore"))
    is_likely = syllables >= 0.98 * len(wide) and 5 * frequent >= len(wide)
    return len(wide) > 3 and is_likely and len(wide) <= words * _MOST_SYLLABLES


def _share_of_hangul(data: bytes) -> float:
    """Return a figure that is 1 where as many syllables are frequent as in Korean; 0 if this is no Korean."""
    try:
        wide = [char for char in data.decode("cp949")[:_SAMPLE_CHARS] if char > "\x7f"]
    except UnicodeDecodeError:
        return 0.0
    return min(1.0, 1.5 * sum(char in _FREQUENT_HANGUL for char in wide) / len(wide)) if wide else 0.0


def _signed_encoding(data: bytes, *, is_strict: bool = True) -> str | None:
    """Return the encoding of Thai or of half-width katakana, told by where their signs stand; None if it is neither."""
    if data.isascii():
        return None
    text = _sample_of_words(data, "cp874")
    letters, signs = len(_THAI_LETTER.findall(text)), len(_THAI_SIGN.findall(text))
    least = _SURE_THAI if is_strict else _LIKELY_THAI
    is_signed = _LEAST_SIGNED <= letters <= 5 * signs and not _NO_THAI.search(text)
    if is_signed and _other_fit(text, _THAI) >= least:
        return "cp874"
    text = _sample_of_words(data, "cp932")
    kana, wide = _HALF_WIDTH.findall(text), sum(char > "\x7f" for char in text)
    marks = sum(char in "ﾞﾟｰﾝｯｭｮｬ" for char in kana) * (_KANA_PER_MARK if is_strict else 2 * _KANA_PER_MARK)
    is_kana = len(kana) >= _LEAST_SIGNED and len(kana) >= 0.9 * wide and not _NO_HALF_WIDTH.search(text)
    return "cp932" if is_kana and marks >= len(kana) else None


def _has_frequent_han(data: bytes) -> bool:
    """Return whether this, read as Chinese, has the most frequent characters as often as Chinese has."""
    for encoding in ("gb18030", "big5"):
        han = [char for char in data[:_SAMPLE_CHARS].decode(encoding, "ignore") if char > "\x7f"]
        if 5 * sum(char in _FREQUENT_HAN for char in han) >= len(han) > 0:
            return True
    return False


def _is_japanese(data: bytes, encoding: str) -> bool:
    """Return whether a fifth of the non-ASCII characters, read in this encoding, is full-width kana."""
    if encoding == "iso2022_jp":
        return data.isascii() and b"\x1b$" in data
    try:
        wide = [char for char in data.decode(encoding)[:_SAMPLE_CHARS] if char > "\x7f"]
    except UnicodeDecodeError:
        return False
    return 5 * sum("\u3041" <= char <= "\u30fe" for char in wide) >= len(wide) > 0


def _share_of_frequent(data: bytes, encoding: str) -> float:
    """Return the share of frequent non-ASCII characters if this is the encoding; 0 if it cannot be."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    wide = [char for char in text[:_SAMPLE_CHARS] if char > "\x7f"]
    # An accented letter and the letter of ASCII behind it can be such a pair, but then most pairs stand alone.
    if 2 * sum(len(run[0]) for run in _RUN.finditer(text, 0, _SAMPLE_CHARS) if len(run[0]) > 1) < len(wide):
        return 0.0
    pairs = [raw for char in wide if len(raw := char.encode(encoding)) == 2]
    frequent = sum(any(low <= lead <= high for low, high in _FREQUENT[encoding]) for lead, _ in pairs)
    return frequent / len(wide) if wide else 0.0


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotText from error


def _is_often_in(text: str, odd: re.Pattern[str]) -> bool:
    """Return whether many characters are control or private-use ones, so that the decoding was only a coincidence."""
    return sum(1 for _ in odd.finditer(text)) > len(text) * 0.01
