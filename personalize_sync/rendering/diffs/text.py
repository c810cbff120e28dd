"""Line diffs of long texts: what changed, with a little around it, in bounded space."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Templates are often minified. A line too long to show is cut where a tag, rule, statement or item
# ends, so that pieces far from an edit stay equal.
_ENDS = re.compile(r"[^>;{},]*[>;{},]?")
# difflib is quadratic at worst; beyond this many lines its answer comes too late.
_MOST_LINES = 4000
_CONTEXT = 3
NO_FINAL_NEWLINE: Final = "(no newline at the end)"
ONLY_LINE_ENDS: Final = "only line ends differ"
ONLY_WHITE_SPACE: Final = "only white space differs"


class Line(NamedTuple):
    """A line of a text diff: ` ` common, `-` old, `+` new; its number on either side from 1."""

    mark: str
    text: str
    before: int | None = None
    after: int | None = None


class Hunk(NamedTuple):
    """Neighbouring changes with the lines around them, and where they stand."""

    header: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class TextDiff:
    """What changed between two texts; `note` is what the lines alone do not say."""

    hunks: tuple[Hunk, ...]
    note: str = ""

    def rows(self) -> Iterator[str]:
        """The lines of a unified diff, each begun with ` `, `-`, `+` or `@`."""
        if self.note:
            yield f"@@ {self.note} @@"
        for hunk in self.hunks:
            yield hunk.header
            yield from (line.mark + line.text for line in hunk.lines)


def text_diff(before: str, after: str, *, width: int) -> TextDiff:
    """Return what changed between two texts, in lines of at most `width` characters."""
    old, new = _lines(before), _lines(after)
    if _ends_open(before) != _ends_open(after):
        (old if _ends_open(before) else new).append(NO_FINAL_NEWLINE)
    if max(len(line) for line in (*old, *new, "")) > width:
        old, new = _pieces(old, width), _pieces(new, width)
    if len(old) + len(new) > _MOST_LINES:
        return TextDiff((), f"{len(old)} lines, then {len(new)} lines: too long to compare here")
    return TextDiff(tuple(_hunks(old, new)), _note(before, after))


def _note(before: str, after: str) -> str:
    if before == after or not before or not after:
        return ""
    if before.replace("\r\n", "\n") == after.replace("\r\n", "\n"):
        return ONLY_LINE_ENDS
    return ONLY_WHITE_SPACE if before.split() == after.split() else ""


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[Hunk]:
    matcher = SequenceMatcher(None, old, new)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        lines: list[Line] = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                pairs = zip(range(i1, i2), range(j1, j2), strict=True)
                lines += (Line(" ", old[i], i + 1, j + 1) for i, j in pairs)
            else:
                lines += (Line("-", old[i], before=i + 1) for i in range(i1, i2))
                lines += (Line("+", new[j], after=j + 1) for j in range(j1, j2))
        first, last = group[0], group[-1]
        spans = _span(first[1], last[2]), _span(first[3], last[4])
        yield Hunk(f"@@ -{spans[0]} +{spans[1]} @@", tuple(lines))


def _span(start: int, stop: int) -> str:
    """Return a range as unified diffs write it: first line, and how many unless it is one."""
    length = stop - start
    first = start + 1 if length else start
    return str(first) if length == 1 else f"{first},{length}"


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _ends_open(text: str) -> bool:
    return bool(text) and not text.endswith("\n")


def _pieces(lines: list[str], width: int) -> list[str]:
    """Cut long lines; a cut shows as … on both of its sides."""
    return [piece for line in lines for piece in _cut(line, width)]


def _cut(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    room = width - 2
    parts = [
        part[start : start + room]
        for part in _ENDS.findall(line)
        for start in range(0, len(part), room)
    ]
    return [
        ("…" if i else "") + part + ("…" if i < len(parts) - 1 else "")
        for i, part in enumerate(parts)
    ]
