"""GitHub workflow commands: annotations at the lines they are about.

A step shows at most ten annotations of each kind and drops the rest silently, so the tenth says
how many more there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalize_sync.rendering.gates import ascii_only, data, prop
from personalize_sync.rendering.remarks import LEVELS, Remark, last_line, remarks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalize_sync.planning.outcome import Report
    from personalize_sync.planning.plan import Plan
    from personalize_sync.rendering.look import Look, Problems

_MOST = 10


def render(document: Plan | Report | Problems, look: Look) -> str:
    """Return a document as workflow commands, errors first; the last line sums up."""
    return commands(remarks(document, look), last_line(document, look), look)


def commands(found: Iterable[Remark], last: str, look: Look) -> str:
    """Return remarks as workflow commands, errors first, and the line that sums up."""
    every = tuple(found)
    lines = [line for level in LEVELS for line in _level(level, every, look.prefix)]
    lines.append(command(Remark("notice", "", "personalize-sync", last), look.prefix))
    return "".join((ascii_only(line) if look.ascii else line) + "\n" for line in lines)


def _level(level: str, found: Iterable[Remark], prefix: str) -> Iterator[str]:
    mine = [remark for remark in found if remark.level == level]
    # The last line is a notice too and takes one of their places.
    most = _MOST - 1 if level == "notice" else _MOST
    if len(mine) > most:
        left = len(mine) - most + 1
        more = Remark(level, "", "personalize-sync", f"+{left} more, see the whole document")
        mine = [*mine[: most - 1], more]
    return (command(remark, prefix) for remark in mine)


def command(remark: Remark, prefix: str = "") -> str:
    """Return one remark as a workflow command."""
    at = remark.location
    places = (
        {
            "file": prefix + at.file,
            "line": at.line,
            "endLine": at.end_line,
            "col": at.column,
            # GitHub takes columns only together with a single line.
            "endColumn": at.end_column if at.end_line in (0, at.line) else 0,
        }
        if at
        else {}
    )
    given = {**places, "title": remark.title}
    properties = ",".join(f"{name}={prop(str(value))}" for name, value in given.items() if value)
    return f"::{remark.level} {properties}::{data(remark.message)}"
