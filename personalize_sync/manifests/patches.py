"""Documents as trees: merge patches, holes, sizes. Nothing is changed in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personalize_sync.resources import Document, Path


def merge(base: Any, patch: Any) -> Any:
    """Return `base` with a JSON merge patch (RFC 7396) laid over it; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(base) if isinstance(base, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def related(one: Path, other: Path) -> bool:
    """Whether one path leads through the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def without(spec: Document, path: Path) -> Document:
    """Return a spec without the value at `path`; a list is left out whole, lest its items move."""
    if not path:
        return {}
    head, rest = path[0], path[1:]
    child = spec.get(head)
    if rest and isinstance(child, dict):
        return {**spec, head: without(child, rest)}
    return {name: value for name, value in spec.items() if name != head}


def size(value: object) -> int:
    """Return how many values a document holds."""
    if isinstance(value, dict):
        return 1 + sum(map(size, value.values()))
    return 1 + sum(map(size, value)) if isinstance(value, list) else 1
