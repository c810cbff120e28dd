"""Comments that ask not to be told of a warning: `# personalize-sync: ignore PS3003 - the reason`.

One counts for the line it ends or, alone on a line, for the next. Nobody looks for comments where
there is nothing to tell.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from personalize_sync.manifests.complaints import quoted
from personalize_sync.manifests.composing import PARSER_ERRORS, events
from personalize_sync.problems import (
    RULES,
    Ignored,
    Location,
    Problem,
    Severity,
    did_you_mean,
    in_order,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.manifests.sources import SourceFile

_NAME = "personalize-sync:"
_SIGN = re.compile(rf"(?:^|(?<=[ \t]))#[ \t]*{_NAME}[ \t]*ignore\b[ \t]*")
# The first word is meant as an id, whatever it is; a reason may have commas and dashes, too.
_WORDS = re.compile(r"(\w*(?:[ \t,]+PS\w*\d)*)[ \t:\u2013\u2014-]*(.*?)[ \t]*$", re.IGNORECASE)
_BLOCK_STYLES = ("|", ">")
_LINE_END = re.compile(r"\r\n|\r|\n")


_Place: TypeAlias = tuple[int, int]
"""Line and column, counted from 0."""


def comment(rules: Iterable[str], reason: str) -> str:
    """Return the comment that asks not to be told of warnings with these ids."""
    return f"# {_NAME} ignore {', '.join(sorted(set(rules)))} - {reason}"


def sift(
    problems: Iterable[Problem], files: Iterable[SourceFile]
) -> tuple[tuple[Problem, ...], tuple[Ignored, ...]]:
    """Return, each in order, the problems to tell and those that comments ask to ignore.

    Errors are told in any case, and so is a comment with an id that no rule has.
    """
    told: list[Problem] = []
    ignored: list[Ignored] = []
    comments = _Comments(files)
    for problem in in_order(problems):
        here = comments.at(problem.location)
        told += (complaint for comment in here for complaint in comment.complaints)
        reasons = [comment.reason for comment in here if problem.id in comment.rules]
        if not reasons:
            told.append(problem)
        elif problem.severity is Severity.ERROR:
            told.append(replace(problem, remedy=f"{problem.remedy} An error cannot be ignored."))
        else:
            ignored.append(Ignored(problem, reasons[0]))
    return in_order(told), tuple(ignored)


@dataclass(frozen=True, slots=True)
class _Comment:
    rules: frozenset[str]
    reason: str
    complaints: tuple[Problem, ...] = ()


class _Comments:
    """The comments of files, each file read when it is first asked for."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._files = files
        self._texts: dict[str, str] | None = None
        self._found: dict[str, dict[int, list[_Comment]]] = {}

    def at(self, place: Location | None) -> list[_Comment]:
        """Return the comments that are about a line."""
        if place is None:
            return []
        if place.file not in self._found:
            if self._texts is None:
                self._texts = {file.name: file.text for file in self._files}
            self._found[place.file] = _by_line(place.file, self._texts.get(place.file, ""))
        return self._found[place.file].get(place.line, [])


def _by_line(file: str, text: str) -> dict[int, list[_Comment]]:
    found: dict[int, list[_Comment]] = defaultdict(list)
    if _NAME not in text:
        return found
    scalars = [((0, 0), (0, 0)), *_scalars(text)]
    for number, line in enumerate(_LINE_END.split(text)):
        for sign in _SIGN.finditer(line):
            start = (number, sign.start())
            if scalars[bisect_right(scalars, (start, (len(text), 0))) - 1][1] > start:
                continue  # it is a part of a text
            is_alone = not line[: sign.start()].strip()
            place = Location(file, number + 1, sign.end() + 1, number + 1, len(line) + 1)
            found[number + (2 if is_alone else 1)].append(_read(line[sign.end() :], place))
    return found


def _scalars(text: str) -> Iterator[tuple[_Place, _Place]]:
    """Yield where texts begin and end."""
    try:
        for event in events(text):
            if isinstance(event, yaml.ScalarEvent):
                begin, end = _place(event.start_mark), _place(event.end_mark)
                # The line that opens a block is no part of its text.
                yield (begin[0] + 1, 0) if event.style in _BLOCK_STYLES else begin, end
    except PARSER_ERRORS:
        return  # what cannot be read is an error, and no error is ignored


def _place(mark: Any) -> _Place:
    return mark.line, mark.column


def _read(words: str, place: Location) -> _Comment:
    found = _WORDS.match(words)
    ids = re.findall(r"\w+", found[1]) if found else []
    remedy = f"Name the warnings that it is about: {comment(['PS3003'], 'the reason')}"
    if not ids:
        message = "the comment asks to ignore something, and names no rule"
        return _Comment(frozenset(), "", (_complaint(message, remedy, place),))
    strange = (
        _complaint(
            f"no rule has the id {quoted(word)}", f"{remedy}.{did_you_mean(word, RULES)}", place
        )
        for word in ids
        if word not in RULES
    )
    return _Comment(frozenset(ids), found[2] if found else "", tuple(strange))


def _complaint(message: str, remedy: str, place: Location) -> Problem:
    return Problem("PS3009", message, remedy, place, Severity.WARNING)
