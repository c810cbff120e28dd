"""Text diffs side by side, old on the left; on a narrow screen one below the other."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

from personalize_sync.rendering.html.markup import Markup, join, tag, void

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.rendering.diffs.text import Hunk, Line, TextDiff

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
# Comparing more words than this costs too much; then the part between common ends is marked.
_MOST_WORDS = 60
_ALIKE = 0.35

_COLUMNS = tag("colgroup", void("col", class_="n"), void("col"))


def code_diff(diff: TextDiff, about: str, most: int) -> Markup:
    """Return a diff as a table of at most about `most` rows; the rest is counted."""
    is_new = all(line.mark == "+" for hunk in diff.hunks for line in hunk.lines)
    rows: list[Markup] = []
    left_out = 0
    for hunk in diff.hunks:
        made = list(_new_rows(hunk) if is_new else _rows(hunk))
        room = max(most - len(rows), 0)
        if room and not is_new:
            rows.append(_header(hunk))
        rows += made[:room]
        left_out += max(len(made) - room, 0)
    if left_out:
        more = f"… {left_out} more lines"
        rows.append(tag("tr", tag("td", more, colspan=4), class_="gap"))
    note = tag("p", diff.note, class_="note") if diff.note else None
    if not rows:
        return join([note])
    caption = tag("caption", f"What changed in {about}", class_="unseen")
    if is_new:
        return join([note, tag("table", caption, _COLUMNS, tag("tbody", *rows), class_="code new")])
    head = tag("thead", tag("tr", *(_head(side) for side in ("Before", "After"))))
    table = tag("table", caption, _COLUMNS, _COLUMNS, head, tag("tbody", *rows), class_="code")
    return join([note, table])


def _head(side: str) -> Markup:
    return tag("th", side, colspan=2, scope="colgroup")


def _new_rows(hunk: Hunk) -> Iterator[Markup]:
    return (tag("tr", *_changed(line, line.after, join([line.text]), "new")) for line in hunk.lines)


def _header(hunk: Hunk) -> Markup:
    return tag("tr", tag("td", hunk.header, colspan=4), class_="hunk")


def _rows(hunk: Hunk) -> Iterator[Markup]:
    old: list[Line] = []
    new: list[Line] = []
    for line in hunk.lines:
        if line.mark == "-":
            old.append(line)
        elif line.mark == "+":
            new.append(line)
        else:
            yield from _pairs(old, new)
            old, new = [], []
            yield tag("tr", *_side(line, line.before), *_side(line, line.after), class_="same")
    yield from _pairs(old, new)


def _pairs(old: Iterable[Line], new: Iterable[Line]) -> Iterator[Markup]:
    for before, after in zip_longest(old, new):
        left, right = _words(before, after)
        yield tag(
            "tr",
            *_changed(before, before and before.before, left, "old"),
            *_changed(after, after and after.after, right, "new"),
            class_="moved",
        )


def _side(line: Line, number: int | None) -> tuple[Markup, Markup]:
    return tag("td", str(number or ""), class_="n"), tag("td", tag("code", line.text))


def _changed(
    line: Line | None, number: int | None, words: Markup, sort: str
) -> tuple[Markup, Markup]:
    if line is None:
        return tag("td", class_="n none"), tag("td", class_="none")
    element = "del" if sort == "old" else "ins"
    sign = tag("span", "-" if sort == "old" else "+", class_="sign")
    return (
        tag("td", str(number or ""), sign, class_=f"n {sort}"),
        tag("td", tag(element, tag("code", words)), class_=sort),
    )


def _words(before: Line | None, after: Line | None) -> tuple[Markup, Markup]:
    """Return both lines, with the words that differ marked where the lines are alike."""
    old, new = (line.text if line else "" for line in (before, after))
    left, right = _WORDS.findall(old), _WORDS.findall(new)
    runs = _runs(left, right)
    alike = sum(i2 - i1 for same, i1, i2, _, _ in runs if same)
    if alike < _ALIKE * max(len(left), len(right)):
        return join([old]), join([new])
    return (
        join(_marked("".join(left[i1:i2]), same=same) for same, i1, i2, _, _ in runs),
        join(_marked("".join(right[j1:j2]), same=same) for same, _, _, j1, j2 in runs),
    )


def _marked(text: str, *, same: bool) -> str:
    return text if same or not text else tag("mark", text)


def _runs(left: list[str], right: list[str]) -> list[tuple[bool, int, int, int, int]]:
    """Return runs of words that are the same, or not, on both sides; a long line has one that is not."""
    if max(len(left), len(right)) <= _MOST_WORDS:
        codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
        return [(kind == "equal", i1, i2, j1, j2) for kind, i1, i2, j1, j2 in codes]
    shorter = min(len(left), len(right))
    start = next((n for n in range(shorter) if left[n] != right[n]), shorter)
    room = shorter - start
    end = next((n for n in range(room) if left[-1 - n] != right[-1 - n]), room)
    last, end_ = len(left) - end, len(right) - end
    return [
        (True, 0, start, 0, start),
        (False, start, last, start, end_),
        (True, last, len(left), end_, len(right)),
    ]
