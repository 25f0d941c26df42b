"""Ends a growing text before the first of some strings, though they may arrive in pieces."""

from __future__ import annotations

from collections.abc import Sequence


class StopStrings:
    """Holds back only what could be the beginning of a stop string."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._strings = tuple(string for string in strings if string)
        self._held = ""
        self.found = False

    def push(self, text: str) -> str:
        """What may be shown now. After a stop string was found, nothing more."""
        if self.found:
            return ""
        self._held += text
        cuts = [cut for string in self._strings if (cut := self._held.find(string)) >= 0]
        if cuts:
            self.found = True
            shown, self._held = self._held[: min(cuts)], ""
            return shown
        keep = max((overlap(self._held, string) for string in self._strings), default=0)
        shown, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return shown

    def flush(self) -> str:
        """What was held back: the text ended, so it was no stop string."""
        shown, self._held = self._held, ""
        return shown


def overlap(text: str, string: str) -> int:
    """The length of the longest end of `text` with which `string` begins."""
    for length in range(min(len(text), len(string) - 1), 0, -1):
        if text.endswith(string[:length]):
            return length
    return 0
