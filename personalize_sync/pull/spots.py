"""Places in the text of a manifest: where a value begins and ends, what stands around it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from personalize_sync.manifests.aliases import Alias, aliases
from personalize_sync.manifests.composing import compose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.resources import Path

# A node of the YAML composer; only manifests/ may name that library.
Node: TypeAlias = Any
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_BEFORE_ENTRIES = re.compile(r"(?:[&!]\S*|\s+|#.*)*")
_COLON = re.compile(r"[ \t]*:")
BLOCK_STYLES = ("|", ">")


class Unwritable(Exception):  # noqa: N818 - becomes a note on one field, not the end of the run
    """Why a value cannot be written at its place."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A value where it is written; list items and documents have no key.

    Where an alias stands, the node is the one that it names, somewhere before.
    """

    key: Node | None
    node: Node
    parent: Spot | None = None
    path: Path = ()
    aliases: Mapping[Path, Alias] = field(default_factory=dict)
    """All aliases of the document."""

    @property
    def alias(self) -> Alias | None:
        """The alias that stands here, if one does."""
        return self.aliases.get(self.path)

    @property
    def in_flow(self) -> bool:
        """Whether it stands within brackets or braces."""
        above = self.parent
        while above is not None:
            if above.node.flow_style:
                return True
            above = above.parent
        return False

    @property
    def start(self) -> int:
        """Where the key, or a value without one, begins."""
        if self.key is None and self.alias:
            return self.alias.start
        node = self.key if self.key is not None else self.node
        return int(node.start_mark.index)

    @property
    def column(self) -> int:
        """The column of its key."""
        node = self.key if self.key is not None else self.node
        return int(node.start_mark.column)


def root(text: str, document: int) -> Spot:
    """Return the spot of a whole document."""
    node = list(compose(text))[document]
    begin, end = node.start_mark.index, node.end_mark.index
    found = aliases(text) if "*" in text else ()
    return Spot(None, node, aliases={a.path: a for a in found if begin <= a.start < end})


def trail(text: str, document: int, path: Path) -> list[Spot]:
    """Return the spots from a document's root down to `path`; raises Unwritable on the way."""
    spots = [root(text, document)]
    for part in path:
        spot = child(spots[-1], part)
        if spot is None:
            raise Unwritable(f"there is no {part}")
        if spot.alias:
            raise Unwritable("it stands behind an alias")
        spots.append(spot)
    return spots


def child(spot: Spot, part: str) -> Spot | None:
    """Return what stands under one key or number."""
    return next((entry for entry in children(spot) if entry.path[-1] == part), None)


def children(spot: Spot) -> list[Spot]:
    """Return the entries of a collection in their order."""
    match spot.node.id:
        case "mapping":
            found = [(key.value, key, value) for key, value in spot.node.value]
        case "sequence":
            found = [(str(i), None, value) for i, value in enumerate(spot.node.value)]
        case _:
            found = []
    return [Spot(key, node, spot, (*spot.path, name), spot.aliases) for name, key, node in found]


def entry_start(spot: Spot, text: str) -> int:
    """Return where an entry of a collection begins: with its key, or with the dash of an item."""
    above = spot.parent
    if above is None or spot.key is not None or above.node.flow_style:
        return spot.start
    number = int(spot.path[-1])
    if not number:
        return entries_start(above, text)
    return _skipped(text, value_end(children(above)[number - 1], text))


def entries_start(spot: Spot, text: str) -> int:
    """Return where the first entry of a block collection begins, behind anchor, tag and comments."""
    return _skipped(text, int(spot.node.start_mark.index))


def _skipped(text: str, index: int) -> int:
    found = _BEFORE_ENTRIES.match(text, index)
    return found.end() if found else index


def value_start(spot: Spot, text: str) -> int:
    """Return where a value begins, its anchor and tag left out."""
    start = int(spot.node.start_mark.index)
    found = _PROPERTIES.match(text, start)
    return found.end() if found else start


def value_end(spot: Spot, text: str) -> int:
    """Return where a value ends, without the line end and the comments behind it."""
    if spot.alias:
        return spot.alias.end
    node = spot.node
    if node.id != "scalar" and not node.flow_style and node.value:
        return value_end(children(spot)[-1], text)
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    if node.id == "scalar" and node.style in BLOCK_STYLES:
        # The blank lines behind a block belong to it, but not to its text, unless it keeps them.
        keeps = "+" in text[value_start(spot, text) : line_end(text, start)].split(maxsplit=1)[0]
        return line_end(text, end - 1) if keeps else start + len(text[start:end].rstrip())
    if start == end and spot.key is not None:
        return after_colon(spot, text)
    return end


def after_colon(spot: Spot, text: str) -> int:
    """Return where the colon behind a key ends."""
    end = int(spot.key.end_mark.index)  # type: ignore[union-attr]
    found = _COLON.match(text, end)
    if found is None:
        raise Unwritable("its key stands apart from its colon")
    return found.end()


def line_start(text: str, index: int) -> int:
    """Return where the line of a character begins."""
    return text.rfind("\n", 0, index) + 1


def line_end(text: str, index: int) -> int:
    """Return where the line of a character ends, before its line end."""
    end = text.find("\n", index)
    if end < 0:
        return len(text)
    return end - 1 if end and text[end - 1] == "\r" else end


def next_line(text: str, index: int) -> int:
    """Return where the line after that of a character begins."""
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def eol_of(text: str) -> str:
    """Return the line end that a text uses."""
    return "\r\n" if "\r\n" in text else "\n"
