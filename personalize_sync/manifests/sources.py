"""Where things stand: from a path in a manifest to line and column, overrides included.

Nodes with positions weigh many times what the text weighs, and positions are asked for only by
problems and changed fields. So the text is kept and composed again when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from personalize_sync.kinds.decision_model import Below
from personalize_sync.manifests.complaints import Complaint
from personalize_sync.manifests.composing import compose
from personalize_sync.problems import Location

if TYPE_CHECKING:
    from personalize_sync.resources import Path, Source


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A manifest file as read; `name` is relative to the root."""

    name: str
    text: str


# A key and its value; list items and documents have no key.
_Entry: TypeAlias = tuple[Node | None, Node]


@dataclass(frozen=True, slots=True)
class ManifestSource:
    """One document of a file, as one environment sees it; None is the document without overrides."""

    file: SourceFile
    index: int
    line: int
    column: int
    environment: str | None = None

    @classmethod
    def of(cls, file: SourceFile, index: int, root: Node) -> ManifestSource:
        """Return the source of a document whose root node is at hand."""
        start = root.start_mark
        return cls(file, index, start.line + 1, start.column + 1)

    @property
    def start(self) -> Location:
        """Where the document starts."""
        return Location(self.file.name, self.line, self.column, self.line, self.column)

    def seen_by(self, environment: str) -> ManifestSource:
        """Return the same document as an environment sees it."""
        return ManifestSource(self.file, self.index, self.line, self.column, environment)

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """Return where the value (or key) at `path` below `spec` stands; overrides count."""
        return self._location(self._below_spec(path)[-1], key=key)

    def locate_in_document(self, path: Path, *, key: bool = False) -> Location:
        """Return where a value (or key) of the whole document stands; `spec` counts overrides."""
        if path[:1] == ("spec",):
            return self.locate(path[1:], key=key)
        return self._location(_follow(self._root(), path)[-1], key=key)

    def has(self, path: Path) -> bool:
        """Whether something is written at `path` of the document, be it null in an override."""
        if path[:1] == ("spec",):
            return len(self._below_spec(path[1:])) == len(path)
        return len(_follow(self._root(), path)) == len(path) + 1

    def scalar(self, path: Path) -> str | None:
        """Return the text of a scalar of the document."""
        trail = _follow(self._root(), path)
        node = trail[-1][1]
        return node.value if len(trail) == len(path) + 1 and isinstance(node, ScalarNode) else None

    def named_file(self, path: Path) -> str:
        """Return the file that the value at `path` below `spec` is read from, if it is one."""
        trail = self._below_spec((*path, "fromFile"))
        node = trail[-1][1]
        is_whole = len(trail) == len(path) + 2
        return node.value if is_whole and isinstance(node, ScalarNode) else ""

    def _root(self) -> _Entry:
        return None, _composed(self.file.text)[self.index]

    def _location(self, entry: _Entry, *, key: bool) -> Location:
        key_node, value = entry
        if key_node is None and value is self._root()[1]:
            return self.start  # a whole document is shown by its first character
        node = key_node if key and key_node is not None else value
        start, end = node.start_mark, _last(node).end_mark
        if end.index < start.index:  # an alias: the last value stands before the first
            end = node.end_mark
        return Location(
            self.file.name, start.line + 1, start.column + 1, end.line + 1, end.column + 1
        )

    def _below_spec(self, path: Path) -> list[_Entry]:
        """Return the entries from `spec` to `path`, as far as they exist."""
        root = self._root()
        spec = _child(root, "spec")
        patch: _Entry | None = None
        if self.environment is not None:
            overrides = _child(root, "overrides")
            patch = _child(overrides, self.environment) if overrides else None
        base: _Entry | None = spec or root
        trail: list[_Entry] = [base or root]
        for part in path:
            patch = _child(patch, part) if patch else None
            base = _child(base, part) if base else None
            if patch and not _merges(patch, base):
                base = None
            here = patch or base
            if here is None:
                break
            trail.append(here)
        return trail


def named_file(source: Source, path: Path) -> str:
    """Return the file that a value of a resource is read from, empty if the manifest holds it."""
    while isinstance(source, Below):
        path = (*source.prefix, *path)
        source = source.source
    return source.named_file(path) if isinstance(source, ManifestSource) else ""


def _merges(patch: _Entry, base: _Entry | None) -> bool:
    """Whether a merge patch leaves anything of what it is laid over (RFC 7396)."""
    return (
        base is not None and isinstance(patch[1], MappingNode) and isinstance(base[1], MappingNode)
    )


@lru_cache(maxsize=64)
def _composed(text: str) -> tuple[Node, ...]:
    roots = []
    try:
        for root in compose(text):
            roots.append(root)  # noqa: PERF402 - what comes before a syntax error is kept
    except Complaint:
        pass
    return tuple(roots)


def _follow(root: _Entry, path: Path) -> list[_Entry]:
    trail = [root]
    for part in path:
        child = _child(trail[-1], part)
        if child is None:
            break
        trail.append(child)
    return trail


def _child(entry: _Entry, part: str) -> _Entry | None:
    node = entry[1]
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value == part:
                return key, value
    elif isinstance(node, SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        return None, node.value[int(part)]
    return None


def _last(node: Node) -> Node:
    """Return the node that ends last: a block collection "ends" where the next token begins."""
    while isinstance(node, (MappingNode, SequenceNode)) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(node, MappingNode) else last
    return node
