"""Taking a field out of a spec so that it is left alone, and not taken for one to be removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalize_sync.planning.compare import WHOLE, matches
from personalize_sync.resources import ABSENT, Document, Path, pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalize_sync.kinds.kind import Shape


@dataclass(frozen=True, slots=True)
class Cut:
    """A field that is left alone, and why; without a reason nobody needs to hear of it."""

    path: Path
    reason: str = ""

    @property
    def pointer(self) -> str:
        """Its JSON pointer below `spec`."""
        return pointer(self.path)


def cut_at(spec: Document, path: Path, shapes: Mapping[str, Shape]) -> tuple[Document, Path]:
    """Return a spec without what stands at `path`, and the path that was cut.

    An item of a list and an entry of a collection that is managed whole would count as removed, so
    the collection goes with them.
    """
    while path and not _is_free(spec, path, shapes):
        path = path[:-1]
    return (_without(spec, path) if path else {}), path


def _is_free(spec: Document, path: Path, shapes: Mapping[str, Shape]) -> bool:
    holder = at(spec, path[:-1])
    is_whole = any(s in WHOLE and matches(p, path[:-1]) for p, s in shapes.items())
    return isinstance(holder, dict) and path[-1] in holder and not is_whole


def at(value: Any, path: Path) -> Any:
    """Return what stands at a path through objects and lists, or ABSENT."""
    for part in path:
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return ABSENT
    return value


def _without(value: Any, path: Path) -> Any:
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        index = int(head)
        return [*value[:index], _without(value[index], rest), *value[index + 1 :]]
    if not rest:
        return {name: child for name, child in value.items() if name != head}
    return {**value, head: _without(value[head], rest)}
