"""Small unified diffs of long texts: what changed, with a little around it, in bounded space."""

from __future__ import annotations

import re
from difflib import unified_diff

# Templates are often minified. A line too long to show is cut where a tag, rule, statement or item
# ends, so that pieces far from an edit stay equal.
_ENDS = re.compile(r"[^>;{},]*[>;{},]?")
# difflib is quadratic at worst; beyond this many lines its answer comes too late.
_MOST_LINES = 4000
_NO_FINAL_NEWLINE = "(no newline at the end)"


def text_diff(before: str, after: str, *, width: int, most: int) -> list[str]:
    """Return at most `most` lines of a unified diff, each begun with ` `, `-`, `+` or `@`."""
    old, new = _lines(before), _lines(after)
    if _ends_open(before) != _ends_open(after):
        (old if _ends_open(before) else new).append(_NO_FINAL_NEWLINE)
    if max(len(line) for line in (*old, *new, "")) > width:
        old, new = _pieces(old, width), _pieces(new, width)
    if len(old) + len(new) > _MOST_LINES:
        return [f"@@ {len(old)} lines, then {len(new)} lines: too long to compare here @@"]
    lines = list(unified_diff(old, new, lineterm="", n=3))[2:]
    return clipped(lines, most)


def clipped(lines: list[str], most: int) -> list[str]:
    """Return the first lines and how many more there are."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], f"… {len(lines) - most + 1} more lines"]


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
