"""Changing a list or an object in a manifest: only the items in it that differ."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from personalize_sync.planning.compare import canonical, value_at
from personalize_sync.pull.edits import GONE, meaning, rewritten

if TYPE_CHECKING:
    from personalize_sync.resources import Path


def updated(text: str, document: int, path: Path, value: Any) -> str:
    """Return the text with `value` at `path`, touching only what differs below it."""
    before = value_at(meaning(text, document), path)
    match before, value:
        case dict(), dict() if before.keys() & value.keys():
            for name in [name for name in before if name not in value]:
                text = rewritten(text, document, (*path, name), GONE)
            for name, item in value.items():
                text = updated(text, document, (*path, name), item)
            return text
        case [_, *_], [_, *_]:
            return _updated_list(text, document, path, before, value)
    return rewritten(text, document, path, value)


def _updated_list(text: str, document: int, path: Path, before: list[Any], value: list[Any]) -> str:
    """From the last item to the first, so that those still to be changed keep their numbers."""
    pairs = list(map(canonical, before)), list(map(canonical, value))
    for tag, start, end, low, high in reversed(SequenceMatcher(None, *pairs).get_opcodes()):
        if tag == "equal":
            continue
        if end - start == high - low:
            for i in range(end - start):
                text = _updated_item(text, document, (*path, str(start + i)), value[low + i])
            continue
        if not (start == end == len(before) or low == high):
            return rewritten(text, document, path, value)
        for i in reversed(range(start, end)):
            text = rewritten(text, document, (*path, str(i)), GONE)
        for i in range(low, high):
            text = rewritten(text, document, (*path, str(start + i - low)), value[i])
    return text


def _updated_item(text: str, document: int, path: Path, value: Any) -> str:
    """Return the text with another item in a list; `value_at` knows objects only."""
    items = value_at(meaning(text, document), path[:-1])
    before = items[int(path[-1])]
    if isinstance(before, dict) and isinstance(value, dict) and before.keys() == value.keys():
        for name, item in value.items():
            if canonical(item) != canonical(before[name]):
                text = rewritten(text, document, (*path, name), item)
        return text
    return rewritten(text, document, path, value)
