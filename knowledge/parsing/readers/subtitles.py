"""Reads subtitles and transcripts (WebVTT and SubRip) as paragraphs, each with the second at which it is said.

Edit it for how cues become paragraphs, for repeated captions, and for what marks a speaker.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from knowledge.types import LeftOut, LeftOutKind
from text.decoding import decode
from text.scripts import CJK

LONGEST_PARAGRAPH = 400
"""Characters after which a paragraph ends with the next sentence, so that its time says where it is."""
LONGEST_WITHOUT_END = 1200
"""Characters after which it ends in any case: many transcripts have no full stops."""
PAUSE_S = 4
"""The silence after which a new paragraph begins."""
MAX_CUE_CHARS = 100_000

_TIME = r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?=[ \t]|$)")
_VOICE = re.compile(r"<v(?:\.[^\s<>]{1,200})?[ \t]+([^<>]{1,200})>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>|</?>|<\d[\d:.]{0,20}>|\{\\[^{}]{0,200}\}")
_COMMENT = re.compile(r"NOTE(?:[ \t]|$)")
_SETTINGS = re.compile(r"(?:STYLE|REGION)[ \t]*$")
_SENTENCE_END = re.compile(r"""[.!?…。！？][)\]"'”’」』）]{0,3}$""")
_DASH = re.compile(r"[-–—][ \t]*(?=\S)")
_CJK = re.compile(f"[{CJK}]")
_ADJOINING_S = 0.2
_MOST_ROLLING = 10
"""Lines that can stay on the screen from one cue to the next."""

_Lines = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Cue:
    """Holds what is shown at once."""

    start_s: float
    end_s: float
    lines: _Lines
    """Each line, with its speaker; empty: none is named."""


@dataclass(slots=True)
class _Paragraph:
    start_s: int
    speaker: str
    text: str


def read_subtitles(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield the text as the only part, its lines numbered by seconds from the start. Raises ReaderRefused, NotText."""
    text = decode(data)
    blocks = _blocks(text.split("\n"))
    comments = sum(1 for block in blocks if _COMMENT.match(block[0]))
    cues = [cue for block in blocks if not _SETTINGS.match(block[0]) and (cue := _cue(block)) is not None]
    if not cues:
        raise ReaderRefused("corrupt")
    said = [each for each in _paragraphs(_without_repeats(cues)) if each.text]
    lines = [(f"{each.speaker}: {each.text}" if each.speaker else each.text, each.start_s) for each in said]
    parted = [part for line, start in lines for part in ((line, start), ("", start))][:-1]
    yield ParsedPart("\n".join(line for line, _ in parted), numbers=tuple(start for _, start in parted))
    if comments:
        yield LeftOut(LeftOutKind.HIDDEN_TEXT, comments)


def _blocks(lines: Sequence[str]) -> list[list[str]]:
    """Return the blocks between empty lines; one that lacks an empty line above its timing begins there, too."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if not line.strip():
            # Live captions have a line of a blank below the timing.
            if not line or not blocks[-1] or not _TIMING.match(blocks[-1][-1]):
                blocks.append([])
        elif _TIMING.match(line) and any(_TIMING.match(each) for each in blocks[-1][-2:]):
            blocks.append([line])
        else:
            blocks[-1].append(line)
    return [block for block in blocks if block]


def _cue(block: Sequence[str]) -> _Cue | None:
    """Return the cue of a block; None if it has no timing within its first two lines, and so is none."""
    timed = next(((at, found) for at, line in enumerate(block[:2]) if (found := _TIMING.match(line))), None)
    if timed is None or _COMMENT.match(block[0]):
        return None
    at, timing = timed
    start_s, end_s = _seconds(*timing.group(1, 2, 3, 4)), _seconds(*timing.group(5, 6, 7, 8))
    speaker = ""
    lines: list[tuple[str, str]] = []
    for line in block[at + 1 :]:
        if len(line) > MAX_CUE_CHARS:
            raise ReaderRefused("too_large")
        before, *voices = _VOICE.split(line)
        if shown := _shown(before):
            lines.append((shown, speaker))
        for name, words in zip(voices[::2], voices[1::2], strict=True):
            speaker = " ".join(html.unescape(name).split())
            if shown := _shown(words):
                lines.append((shown, speaker))
    return _Cue(start_s, max(start_s, end_s), tuple(lines))


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


def _shown(text: str) -> str:
    """Return the words of a line without its tags."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())


def _without_repeats(cues: Sequence[_Cue]) -> Iterator[_Cue]:
    """Yield the cues without the lines that stay on the screen from the cue before, as live captions roll up."""
    shown: _Lines = ()
    end_s = 0.0
    for cue in sorted(cues, key=lambda each: each.start_s):
        lines = cue.lines
        if cue.start_s <= end_s + _ADJOINING_S:
            most = min(len(shown), len(lines), _MOST_ROLLING)
            stays = next((count for count in range(most, 0, -1) if shown[-count:] == lines[:count]), 0)
            lines = lines[stays:] if stays else _without_grown(shown, lines)
        if cue.lines:
            shown = cue.lines
        end_s = max(end_s, cue.end_s)
        yield _Cue(cue.start_s, cue.end_s, lines)


def _without_grown(shown: _Lines, lines: _Lines) -> _Lines:
    """Return the lines without the words that the last line shown had already, as it grows word by word."""
    if not shown or not lines or not lines[0][0].startswith(f"{shown[-1][0]} "):
        return lines
    return ((lines[0][0][len(shown[-1][0]) + 1 :], lines[0][1]), *lines[1:])


def _paragraphs(cues: Iterator[_Cue]) -> Iterator[_Paragraph]:
    """Yield what is said, parted where the speaker changes, after a pause, and at a sentence's end once it is long."""
    current: _Paragraph | None = None
    end_s = 0.0
    for cue in cues:
        for at, (line, speaker) in enumerate(cue.lines):
            if current is None or _ends(current, line, speaker, cue.start_s - end_s):
                if current is not None:
                    yield current
                current = _Paragraph(int(cue.start_s), speaker, line)
            else:
                space = "" if at and _is_one_word(current.text, line) else " "
                current.text += f"{space}{line}"
            end_s = cue.end_s
    if current is not None:
        yield current


def _ends(paragraph: _Paragraph, line: str, speaker: str, pause_s: float) -> bool:
    length = len(paragraph.text)
    return (
        speaker != paragraph.speaker
        or pause_s >= PAUSE_S
        or length >= LONGEST_WITHOUT_END
        or (length >= LONGEST_PARAGRAPH and _SENTENCE_END.search(paragraph.text[-5:]) is not None)
        or (_DASH.match(line) is not None and _SENTENCE_END.search(paragraph.text[-5:]) is not None)
    )


def _is_one_word(before: str, after: str) -> bool:
    """Return whether two lines of a cue belong together without a space, as in Chinese and Japanese."""
    return _CJK.match(before[-1:]) is not None and _CJK.match(after[:1]) is not None
