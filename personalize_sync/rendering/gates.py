"""The output gates: the one way text reaches each medium.

What a tenant, a manifest or a server says is hostile here. `plain` makes it harmless on a line of
a terminal or a log; `code` in Markdown and HTML; `data` and `prop` in a workflow command;
`dot_text` and `mermaid_text` in a drawing; `json_text` in a JSON document; `markup` in an HTML one.
Renderers put nothing out that did not pass one of them.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Printable by category, but drawn as nothing: fillers, joiners and variation selectors could hide
# a difference between two names.
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
# Whatever these match is looked at character by character; most text matches nothing.
_SUSPECT = re.compile(f"[^\\x20-\\x7e\\u00a1-\\u02ff\\u0370-\\u058f]|[\\xad{_INVISIBLE}]")
_NOT_A_WORD = re.compile(r"[^A-Za-z0-9 ]")
_NOT_ASCII = re.compile(r"[^\x20-\x7e]")
_HIDDEN = re.compile(f"[{_INVISIBLE}]")
# Runners find such a command anywhere in a line: `##[error]`, `##vso[task.setvariable]`.
_LEGACY_COMMAND = re.compile(r"##(?=\w*\[)")
_LONGEST_CODE = 400
_OWN_SIGNS = str.maketrans({"…": "...", "→": "->"})


def plain(text: str) -> str:
    """Return text as one line without anything that a terminal or a log would act on."""
    return _LEGACY_COMMAND.sub(r"#\\u0023", _SUSPECT.sub(_unless_printable, text))


def ascii_only(line: str) -> str:
    """Return a line for an output that knows no more than ASCII."""
    return _NOT_ASCII.sub(_escaped, line.translate(_OWN_SIGNS))


def not_a_command(line: str) -> str:
    """Return a line that no runner takes for a workflow command (`::` after leading blanks)."""
    body = line.lstrip()
    return line.replace(":", r"\u003a", 1) if body.startswith("::") else line


def code(text: str) -> str:
    """Return text as inline code for Markdown and HTML, every special character as an entity.

    Code, because mentions and issue numbers are found in decoded text everywhere else. The comment
    before an `@` ends the text node, so that no mail address becomes a link. A text that is too
    long for a line is clipped, since each character may become ten.
    """
    shown = text if len(text) <= _LONGEST_CODE else text[: _LONGEST_CODE - 1] + "…"
    encoded = "".join(
        char if char == " " or (char.isascii() and char.isalnum()) else f"&#{ord(char)};"
        for char in plain(shown)
    )
    return f"<code>{encoded.replace('&#64;', '<!-- -->&#64;') or ' '}</code>"


def fence(lines: list[str], language: str) -> list[str]:
    """Return lines as a fenced block that none of them can close."""
    gated = [not_a_command("\t".join(map(plain, line.split("\t")))) for line in lines]
    longest = max((len(run) for line in gated for run in re.findall("`+", line)), default=0)
    bar = "`" * max(3, longest + 1)
    return [bar + language, *gated, bar]


def markup(text: str) -> str:
    """Return text for an element or a quoted attribute of an HTML document; tabs stay tabs."""
    return html.escape("\t".join(map(plain, text.split("\t"))))


def entities(text: str) -> str:
    """Return text for a quoted attribute of HTML from which a browser reads each character back."""
    return _NOT_A_WORD.sub(lambda match: f"&#{ord(match[0])};", text)


def data(text: str) -> str:
    """Return text as the message of a workflow command; its line ends are kept, encoded."""
    lines = "\n".join(plain(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\n", "%0A")


def prop(text: str) -> str:
    """Return text as a property of a workflow command."""
    encoded = plain(text).replace("%", "%25")
    return encoded.replace(":", "%3A").replace(",", "%2C")


def dot_text(text: str) -> str:
    """Return text as a quoted string of Graphviz, where backslashes and entities mean something."""
    escaped = plain(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{escaped}"'


def mermaid_text(text: str) -> str:
    """Return text as a quoted string of Mermaid; what is not plainly a word becomes an entity."""
    encoded = "".join(
        char if char in " _/." or (char.isascii() and char.isalnum()) else f"#{ord(char)};"
        for char in plain(text)
    )
    return f'"{encoded}"'


def json_text(value: Any, *, ascii_text: bool = False) -> str:
    """Return a plain value as indented JSON, readable but without any character that acts."""
    text = json.dumps(value, indent=2, ensure_ascii=ascii_text, allow_nan=False)
    lines = (_SUSPECT.sub(_unless_printable_json, line) for line in text.split("\n"))
    return _LEGACY_COMMAND.sub(r"#\\u0023", "\n".join(lines))


def _unless_printable(match: re.Match[str]) -> str:
    char = match[0]
    return char if char.isprintable() and not _HIDDEN.match(char) else _escaped(match)


def _unless_printable_json(match: re.Match[str]) -> str:
    char = match[0]
    if char.isprintable() and not _HIDDEN.match(char):
        return char
    return json.dumps(char)[1:-1] if char != "\x7f" else r"\u007f"


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    code_point = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\u{code_point:04x}" if code_point <= 0xFFFF else f"\\U{code_point:08x}"  # noqa: PLR2004 - the end of the first plane
