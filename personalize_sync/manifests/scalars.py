"""How a value is written in YAML: first in the style that stood there, then ever more careful.

Several ways are offered; whoever edits takes the first one that is read back as what was meant.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# Words that YAML 1.1, which many editors still speak, would take for something else than text.
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"])
_PLAIN = re.compile(r"[^\W\d_][^\x00-\x1f]*|_[^\x00-\x1f]+")
_NOT_PLAIN = re.compile(r": |:$| #|\s$|\t")
_FLOW_SIGNS = re.compile(r"[,\[\]{}]")
_LONGEST_PLAIN = 100


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a value is to stand: inside brackets, under which key's column, in what fashion."""

    in_flow: bool = False
    column: int = 0
    indent: int = 2
    eol: str = "\n"
    like_json: bool = False


def ways_to_write(value: Any, style: str | None, around: Surroundings) -> Iterator[str]:
    """Yield the ways to write a value, best first; `style` is the quoting that stood there."""
    if not isinstance(value, str):
        yield flow(value, like_json=around.like_json)
        return
    if style == ">" and "\n" not in value.rstrip("\n"):
        yield from _block(value, around, ">")  # there is nothing to fold
    if style in ("|", ">") or ("\n" in value and style is None):
        yield from _block(value, around)
    if style is None and is_plain(value, in_flow=around.in_flow) and not around.like_json:
        yield value
    if style == "'" and value.isprintable():
        yield "'" + value.replace("'", "''") + "'"
    if "\n" in value and not around.like_json:
        yield from _block(value, around)
    yield double_quoted(value)


def flow(value: Any, *, like_json: bool = False) -> str:
    """Return a value on one line."""
    match value:
        case str():
            bare = is_plain(value, in_flow=True) and not like_json
            return value if bare else double_quoted(value)
        case dict():
            pairs = (
                f"{flow(name, like_json=like_json)}: {flow(child, like_json=like_json)}"
                for name, child in value.items()
            )
            return "{" + ", ".join(pairs) + "}"
        case list():
            return "[" + ", ".join(flow(child, like_json=like_json) for child in value) + "]"
    return json.dumps(value)


def is_plain(text: str, *, in_flow: bool) -> bool:
    """Whether a text can stand without quotes, for every reader of YAML."""
    return bool(
        len(text) <= _LONGEST_PLAIN
        and text.isprintable()
        and _PLAIN.fullmatch(text)
        and text.lower() not in _WORDS
        and not _NOT_PLAIN.search(text)
        and not (in_flow and _FLOW_SIGNS.search(text))
    )


def double_quoted(text: str) -> str:
    """Return a text in double quotes, with an escape for all that does not print."""
    return "".join(
        char if char == " " or char.isprintable() else _escaped(char)
        for char in json.dumps(text, ensure_ascii=False)
    )


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"  # noqa: PLR2004 - the plane


def _block(text: str, around: Surroundings, sign: str = "|") -> Iterator[str]:
    """Yield a text as a block, where a block can say it."""
    body = text.rstrip("\n")
    lines = body.split("\n")
    if (
        around.in_flow
        or not body
        or not all(line.replace("\t", " ").isprintable() for line in lines)
    ):
        return
    ends = len(text) - len(body)
    chomping = "-" if ends == 0 else "" if ends == 1 else "+"
    margin = " " * around.indent
    # Without the digit, the first line would be taken for the measure of the indentation.
    digit = str(around.indent - around.column) if body[0] in " \n\t" else ""
    written = [margin + line if line else "" for line in lines] + [""] * max(0, ends - 1)
    yield around.eol.join([f"{sign}{digit}{chomping}", *written])
