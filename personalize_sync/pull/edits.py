"""Changing one value in the text of a manifest, and not one byte beside it.

Each edit cuts at the positions of the composed nodes. What comes out is read again, and counts
only if it means exactly what the text meant before, but for this value. Where aliases read the
value, or an alias stands in its place, they are written out first. A writer of whole documents,
such as ruamel.yaml, keeps comments and order, but not every quote, escape, space and line end.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.composing import compose
from personalize_sync.manifests.scalars import Surroundings, flow, ways_to_write
from personalize_sync.manifests.values import Values
from personalize_sync.planning.compare import canonical
from personalize_sync.pull.sharing import unshared
from personalize_sync.pull.spots import (
    BLOCK_STYLES,
    Spot,
    Unwritable,
    after_colon,
    child,
    children,
    entries_start,
    entry_start,
    eol_of,
    line_end,
    line_start,
    next_line,
    trail,
    value_end,
    value_start,
)
from personalize_sync.resources import ABSENT, Unset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.resources import Path

GONE: Final = ABSENT
"""Written in place of a value, it takes the value away."""
_ANCHOR_OR_TAG = re.compile(r"\A[ \t]+[&!]\S*")
_DASH = re.compile(r"-[ \t]+(?![ \t#\r\n])")


@lru_cache(maxsize=4)
def meanings(text: str) -> tuple[Any, ...]:
    """Return the data of every document of a text."""
    values = Values()
    documents = tuple(values.of(root) for root in compose(text))
    if values.complaints:
        raise values.complaints[0]
    return documents


def meaning(text: str, document: int) -> Any:
    """Return the data of one document of a text."""
    return meanings(text)[document]


def rewritten(text: str, document: int, path: Path, value: Any) -> str:
    """Return the text with `value` at `path` and nothing else changed; raises Unwritable."""
    before = meanings(text)
    wanted = list(before)
    wanted[document] = _with(before[document], path, value)
    proof = canonical(wanted)
    if proof == canonical(list(before)):
        return text
    for attempt in (_cut, _cut_unshared):
        try:
            for candidate in attempt(text, document, path, value):
                if _means(candidate, proof):
                    return candidate
        except Unwritable:
            continue
    raise Unwritable("the manifest is laid out in a way that this value cannot be written into")


def _means(text: str, proof: bytes) -> bool:
    try:
        text.encode()
        return canonical(list(meanings(text))) == proof
    except (Complaint, UnicodeEncodeError):
        return False


def _with(data: Any, path: Path, value: Any) -> Any:
    """Return data with another value at a path; a list grows by an item one beyond its end."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(data, list):
        at = int(head)
        middle = [] if value is GONE and not rest else [_with(_item(data, at), rest, value)]
        return [*data[:at], *middle, *data[at + 1 :]]
    if not isinstance(data, dict):
        raise Unwritable(f"there is no place for {head}")
    if value is GONE and not rest:
        return {name: item for name, item in data.items() if name != head}
    return {**data, head: _with(data.get(head, ABSENT), rest, value)}


def _item(data: list[Any], at: int) -> Any:
    return data[at] if at < len(data) else ABSENT


def _cut(text: str, document: int, path: Path, value: Any) -> Iterator[str]:
    holder = trail(text, document, path[:-1])[-1]
    spot = child(holder, path[-1])
    if spot is None:
        yield from _inserted(text, holder, path[-1], value)
    elif spot.alias:
        raise Unwritable("it stands behind an alias")
    elif isinstance(value, Unset):
        yield from _removed(text, holder, spot)
    else:
        yield from _replaced(text, spot, value)


def _cut_unshared(text: str, document: int, path: Path, value: Any) -> Iterator[str]:
    return _cut(unshared(text, document, path), document, path, value)


def _replaced(text: str, spot: Spot, value: Any) -> Iterator[str]:
    node, start, end = spot.node, value_start(spot, text), value_end(spot, text)
    if node.id != "scalar" and not node.flow_style and spot.key is not None:
        colon = after_colon(spot, text)
        first = line_start(text, entries_start(spot, text))
        rest = _ANCHOR_OR_TAG.sub("", text[colon:first], count=2) if first > colon else ""
        yield f"{text[:colon]} {flow(value)}{rest}{text[next_line(text, end) :]}"
        return
    is_block = node.id == "scalar" and node.style in BLOCK_STYLES
    comment = _header_comment(text, start) if is_block else ""
    around = _around(text, spot, _block_indent(text, start, end) if is_block else None)
    space = " " if start == end else ""
    at = after_colon(spot, text) if start == end and spot.key is not None else start
    style = (node.style or None) if node.id == "scalar" else None
    # A tag that the value does not suit, and an anchor that nobody names, may go.
    for begin in dict.fromkeys((at, min(at, int(node.start_mark.index)))):
        for written in ways_to_write(value, style, around):
            head, newline, body = written.partition(around.eol)
            yield f"{text[:begin]}{space}{head}{comment}{newline}{body}{text[max(at, end) :]}"


def _header_comment(text: str, start: int) -> str:
    header = text[start : line_end(text, start)]
    return header[len(header.split()[0]) :]


def _block_indent(text: str, start: int, end: int) -> int | None:
    for line in text[start:end].split("\n")[1:]:
        if line.strip():
            return len(line) - len(line.lstrip(" "))
    return None


def _around(text: str, spot: Spot, indent: int | None) -> Surroundings:
    return Surroundings(
        in_flow=spot.in_flow,
        column=spot.column,
        indent=indent if indent is not None else spot.column + 2,
        eol=eol_of(text),
        like_json=spot.in_flow and spot.key is not None and spot.key.style == '"',
    )


def _inserted(text: str, holder: Spot, name: str, value: Any) -> Iterator[str]:
    entries = children(holder)
    if holder.node.id == "scalar":
        raise Unwritable(f"there is no place for {name}")
    last = entries[-1] if entries else holder
    like_json = bool(entries) and last.key is not None and last.key.style == '"'
    key = f"{flow(name, like_json=like_json)}: " if holder.node.id == "mapping" else ""
    if holder.node.flow_style or holder.in_flow:
        at = value_end(last, text) if entries else int(holder.node.end_mark.index) - 1
        comma = ", " if entries else ""
        yield f"{text[:at]}{comma}{key}{flow(value, like_json=like_json)}{text[at:]}"
        return
    at = line_end(text, value_end(last, text))
    around = Surroundings(column=last.column, indent=last.column + 2, eol=eol_of(text))
    margin = " " * last.column
    if not key:
        begin = entry_start(last, text)
        dash = _DASH.match(text, begin)
        margin = " " * (begin - line_start(text, begin)) + (dash.group() if dash else "- ")
    for written in ways_to_write(value, None, around):
        yield f"{text[:at]}{around.eol}{margin}{key}{written}{text[at:]}"


def _removed(text: str, holder: Spot, spot: Spot) -> Iterator[str]:
    entries = children(holder)
    if len(entries) == 1:
        yield from _replaced(text, holder, {} if holder.node.id == "mapping" else [])
        return
    at = next(i for i, entry in enumerate(entries) if entry.start == spot.start)
    if holder.node.flow_style:
        low = value_end(entries[at - 1], text) if at else spot.start
        high = value_end(spot, text) if at else entries[1].start
        yield text[:low] + text[high:]
        return
    begin, high = entry_start(spot, text), next_line(text, value_end(spot, text))
    low = line_start(text, begin)
    if text[low:begin].strip():
        # It stands behind the dash of an item, and the entry after it moves up there.
        after = entry_start(entries[1], text)
        if text[high:after].strip():
            yield f"{text[:begin].rstrip()}{eol_of(text)}{text[high:]}"
        yield text[:begin] + text[after:]
        return
    if high == len(text) and not text.endswith("\n"):
        low = len(text[:low].rstrip("\r\n"))
    yield text[:low] + text[high:]
    # Blank lines may not fall to a block that stands before and keeps them.
    yield text[:low] + text[high:].lstrip("\r\n")
