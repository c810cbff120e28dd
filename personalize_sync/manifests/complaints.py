"""Complaints: problems on their way to a reader, and the escaping of what they quote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.problems import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 60


class Complaint(Exception):  # noqa: N818 - it becomes a Problem, not an error
    """A problem found where the file's name is not known; line and column count from 0."""

    def __init__(
        self, rule: str, message: str, remedy: str, *, at: tuple[int, int] = (0, 0)
    ) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.remedy = remedy
        self.at = at

    def problem(self, file: str) -> Problem:
        """Return the problem, now that the file is known."""
        line, column = self.at
        return Problem(
            self.rule,
            self.message,
            self.remedy,
            Location(file, line + 1, column + 1, line + 1, column + 1),
        )


def quoted(text: str, *, marks: str = '"', limit: int = _SHOWN) -> str:
    """Return foreign text fit for a message: shortened, and without anything that does not print."""
    shown = text if len(text) <= limit or not marks else text[: limit - 1] + "…"
    return marks + "".join(map(_printable, shown)) + marks


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - one byte


def listed(words: Iterable[str], *, limit: int = 10) -> str:
    """Return words as a short list for a message, in order."""
    every = sorted(words)
    rest = f" and {len(every) - limit} more" if len(every) > limit else ""
    return ", ".join(quoted(word, marks="") for word in every[:limit]) + rest
